"""`make up`: everything up, until someone stops it."""

import json
import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from landfall.cli.app_api import AppApi
from landfall.cli.places import UP_FILE
from local.lock import held
from local.stack import FNO_VARIABLES, LOCAL, Ports, Stack, started

PORTS = Ports(azurite=(10000, 10001, 10002), emulator=(7080, 7081, 7082), host=7071)
LOOK_SECONDS = 0.5


def up(host: Literal["embedded", "func"], console: Console, place: Path = LOCAL) -> None:
    """Start storage, emulator and app, say where they are, and wait for KeyboardInterrupt.

    State and logs lie under `up/` in `place` and stay; `up.json` there says what is up as long as it is.

    Raises:
        PartError: a part did not start or stopped by itself, or another run holds the same state.
    """
    folder, file = place / "up", place / UP_FILE
    with held(folder) as lock:
        file.unlink(missing_ok=True)  # of a run that was killed
        with started(folder, lock, host=host, ports=PORTS) as stack:
            try:
                _write(file, stack)
                _say_where(stack, console)
                while True:
                    stack.check()
                    time.sleep(LOOK_SECONDS)
            finally:
                file.unlink(missing_ok=True)


def exports(there: Mapping[str, Any]) -> str:
    """Return the shell commands by which tools speak to the emulator and the storage of what is up."""
    values = {variable: there["emulator"][name] for name, variable in FNO_VARIABLES.items()}
    values["DataStorage"] = there["storage"]
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())


def _write(file: Path, stack: Stack) -> None:
    """Write what is up, whole or not at all: others wait for this file."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(stack.as_json(), indent=2) + "\n")
    new.replace(file)


def _say_where(stack: Stack, console: Console) -> None:
    key = f"?code={stack.app.key}" if stack.app.key else ""
    console.print(
        f"Dashboard {AppApi(stack.app).dashboard_link()} (opens once; then with the key)", soft_wrap=True
    )
    console.print(f"Key       {stack.app.key or 'any: this host checks none'}", soft_wrap=True)
    console.print(f"Runs      {stack.app.url}/api/runs{key}", soft_wrap=True)
    console.print(f"F&O       {stack.emulator['url']} (emulator)")
    console.print(f"Storage   {stack.storage}", soft_wrap=True)
    console.print(f"Logs      {os.path.relpath(stack.parts['host'].log.parent)}")
    console.print()
    console.print(
        "Drop a package for company USMF, with any Azure Storage tool into landing/packages/USMF/, or with:"
    )
    console.print("  .venv/bin/python samples/build.py")
    console.print("  .venv/bin/python -m landfall drop .local/samples/customer-setup.zip --company USMF")
    console.print()
    console.print("Ctrl-C stops everything; the state stays for the next make up.")
