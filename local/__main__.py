"""The commands of a local run: `python -m local demo`, `up` and `drop`; make calls the first two."""

from pathlib import Path
from typing import Annotated, Literal

import requests
import typer
from rich.console import Console

from local.demo.run import demo
from local.drop import LANDING, drop
from local.processes import PartError, one_interrupt
from local.up import exports, up, what_is_up

PLAIN_WIDTH = 170  # a pipe has no width of its own; rich would take 80

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Landfall on this machine.")


@app.command("demo")
def run_demo() -> None:
    """Run the samples through all three ways in and print what became of them; exit 1 when any ended otherwise."""
    console = _console()
    try:
        with one_interrupt():
            good = demo(console)
    except (PartError, requests.RequestException) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("Interrupted; everything is stopped.")
    raise typer.Exit(0 if good else 1)


@app.command("up")
def keep_up(
    host: Annotated[
        Literal["embedded", "func"], typer.Option(help="Which Functions host runs the app.")
    ] = "embedded",
) -> None:
    """Start storage, F&O emulator and app, and leave them up until Ctrl-C."""
    console = _console()
    try:
        with one_interrupt():
            up(host, console)
    except PartError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        console.print("Everything is stopped.")


@app.command("drop")
def drop_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to import.")],
    company: Annotated[str, typer.Option(help="The company it is for.")],
) -> None:
    """Put a file into the landing container of what make up started."""
    try:
        name = drop(what_is_up()["storage"], file, company)
    except PartError as error:
        _fail(str(error))
    typer.echo(f"Dropped {LANDING}/{name}")


@app.command("env")
def print_env() -> None:
    """Print what makes `python -m landfall.fno` speak to the emulator that make up started: eval "$(...)"."""
    try:
        typer.echo(exports(what_is_up()))
    except PartError as error:
        _fail(str(error))


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)


app(prog_name="python -m local")
