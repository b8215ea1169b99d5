"""The commands `python -m local demo`, `up` and `env`; `make demo` and `make up` call the first two."""

from typing import Annotated, Literal

import typer

from landfall.cli.app_api import ApiError
from landfall.cli.fno.showing import console
from landfall.cli.places import PlaceError, what_is_up
from local.demo.run import demo
from local.processes import PartError, one_interrupt
from local.up import exports, up

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Landfall on this machine.")


@app.command("demo")
def run_demo() -> None:
    """Run all samples through the app, print the results, and exit with 1 when a sample did not end as expected."""
    try:
        with one_interrupt():
            good = demo(console())
    except (PartError, ApiError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("Interrupted. Everything is stopped.")
    raise typer.Exit(0 if good else 1)


@app.command("up")
def keep_up(
    host: Annotated[
        Literal["embedded", "func"], typer.Option(help="The Functions host that runs the app.")
    ] = "embedded",
) -> None:
    """Start storage, the F&O emulator and the app, and keep them running until Ctrl-C."""
    out = console()
    try:
        with one_interrupt():
            up(host, out)
    except (PartError, ApiError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        out.print("Everything is stopped.")


@app.command("env")
def print_env() -> None:
    """Print shell commands that set the connection settings of the running emulator and storage: eval "$(...)"."""
    try:
        typer.echo(exports(what_is_up()))
    except PlaceError as error:
        _fail(str(error))


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)


app(prog_name="python -m local")
