"""`python -m fno_emulator`: starts the emulator, prints a JSON line when it is ready, and runs until interrupted."""

import json
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from fno_emulator.dmf.model.catalogue import SHIPPED
from fno_emulator.premises import CLOUD, ON_PREMISES
from fno_emulator.server import Emulator
from fno_emulator.settings import Settings


def main(  # noqa: PLR0913, PLR0917 - the command has this many options
    port: Annotated[int, typer.Option(help="Port of the F&O API; 0 uses a free port.")] = 0,
    blob_port: Annotated[int, typer.Option(help="Port of the blob endpoint; 0 uses a free port.")] = 0,
    authority_port: Annotated[int, typer.Option(help="Port of the token endpoint (TLS); 0 uses a free port.")] = 0,
    data: Annotated[
        Path | None, typer.Option(help="Folder for all state; without it, the state is deleted at the end.")
    ] = None,
    catalogue: Annotated[Path, typer.Option(help="YAML file with entities and seeded rows.")] = SHIPPED,
    clock: Annotated[
        str, typer.Option(help="real, manual (only /_emulator/clock moves it), or a speed such as x60.")
    ] = "real",
    onprem: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option(help="Emulate F&O on premises: AD FS, /namespaces/AXSF, plain file URLs.")
    ] = False,
    switch: Annotated[
        list[str] | None, typer.Option(help="A switch as name=value, with the value in JSON; repeatable.")
    ] = None,
) -> None:
    """Emulate the file APIs of Dynamics 365 Finance & Operations."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    settings = Settings()
    try:
        settings.update({name: _value(text) for name, _, text in (one.partition("=") for one in switch or [])})
        emulator = Emulator(
            data,
            catalogue,
            settings,
            (port, blob_port, authority_port),
            _speed(clock),
            ON_PREMISES if onprem else CLOUD,
        )
        ready = emulator.start()
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    print(json.dumps(ready), flush=True)  # noqa: T201 - the ready line
    stop.wait()
    emulator.stop()


def _speed(clock: str) -> float:
    named = {"real": 1.0, "manual": 0.0}
    try:
        return named[clock] if clock in named else float(clock.removeprefix("x"))
    except ValueError:
        raise ValueError(f"--clock cannot be {clock!r}. Use real, manual, or a speed such as x60.") from None


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    typer.run(main)
