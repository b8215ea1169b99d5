"""`python -m local.azurite install`: install Azurite under .local/azurite."""

import typer

from local.azurite import node
from local.azurite.install import FOLDER, install

app = typer.Typer(add_completion=False, help="The storage emulator for local runs.")


@app.callback()
def main() -> None:
    """Keep `install` a subcommand, although it is the only one."""


@app.command("install")
def install_azurite() -> None:
    """Install Azurite under .local/azurite, with the Node on PATH or one from PyPI."""
    try:
        found = node.find() or node.install()
        typer.echo(f"Installing Azurite into {FOLDER} with {found.program}")
        install(found)
    except RuntimeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


app(prog_name="python -m local.azurite")
