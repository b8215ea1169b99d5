"""`python -m fno_emulator`: starts the emulator, prints one JSON line when it answers, runs until interrupted."""

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


def main(  # noqa: PLR0913, PLR0917 - options of a command
    port: Annotated[int, typer.Option(help="Port of the F&O API; 0 takes a free one.")] = 0,
    blob_port: Annotated[int, typer.Option(help="Port of the blob endpoint.")] = 0,
    authority_port: Annotated[int, typer.Option(help="Port of the token endpoint (TLS).")] = 0,
    data: Annotated[
        Path | None, typer.Option(help="Keep all state here; without it, it goes with the process.")
    ] = None,
    catalogue: Annotated[Path, typer.Option(help="Entities and seeded rows (YAML).")] = SHIPPED,
    clock: Annotated[
        str, typer.Option(help="real, manual (moves by /_emulator/clock only), or x60 for a faster one.")
    ] = "real",
    onprem: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option(help="On premises: AD FS, /namespaces/AXSF, plain file URLs.")
    ] = False,
    switch: Annotated[
        list[str] | None, typer.Option(help="A setting, as name=value in JSON; may be repeated.")
    ] = None,
) -> None:
    """Emulate the file APIs of Dynamics 365 Finance & Operations."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    settings = Settings()
    try:
        settings.update(
            {name: _value(text) for name, _, text in (one.partition("=") for one in switch or [])}
        )
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
    over = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: over.set())
    print(json.dumps(ready), flush=True)  # noqa: T201 - the ready line
    over.wait()
    emulator.stop()


def _speed(clock: str) -> float:
    named = {"real": 1.0, "manual": 0.0}
    try:
        return named[clock] if clock in named else float(clock.removeprefix("x"))
    except ValueError:
        raise ValueError(f"--clock is real, manual or x and a number, not {clock!r}") from None


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    typer.run(main)
