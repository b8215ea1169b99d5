"""`make up`: run storage, emulator and app until Ctrl-C."""

import json
import os
import shlex
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from landfall.cli.app_api import AppApi
from landfall.cli.places import UP_FILE
from local.lock import lock_folder
from local.stack import FNO_VARIABLES, LOCAL, Ports, Stack, check_app, start_stack

PORTS = Ports(azurite=(10000, 10001, 10002), emulator=(7080, 7081, 7082), host=7071)
LOOK_SECONDS = 0.5


def up(host: Literal["embedded", "func"], console: Console, local: Path = LOCAL) -> None:
    """Start storage, emulator and app, print their addresses, and wait for KeyboardInterrupt.

    State and logs stay under `up/` in `local`; `up.json` beside it holds the addresses while the stack runs.

    Raises:
        PartError: a part failed to start or stopped by itself, or another run uses the same state.
    """
    folder, file = local / "up", local / UP_FILE
    with lock_folder(folder) as lock:
        file.unlink(missing_ok=True)  # of a run that was killed
        with start_stack(folder, lock, host=host, ports=PORTS) as stack, closing(AppApi(stack.app)) as api:
            check_app(api, stack.parts["host"])
            try:
                _write(file, stack)
                _print_addresses(stack, api.dashboard_link(), console)
                while True:
                    stack.check()
                    time.sleep(LOOK_SECONDS)
            finally:
                file.unlink(missing_ok=True)


def exports(addresses: Mapping[str, Any]) -> str:
    """Return shell commands that set the connection settings of the emulator and storage in `up.json`."""
    values = {variable: addresses["emulator"][name] for name, variable in FNO_VARIABLES.items()}
    values["DataStorage"] = addresses["storage"]
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())


def _write(file: Path, stack: Stack) -> None:
    """Write the addresses into `file` in one step, since other programs wait for it."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(stack.as_json(), indent=2) + "\n")
    new.replace(file)


def _print_addresses(stack: Stack, dashboard: str, console: Console) -> None:
    key = f"?code={stack.app.key}" if stack.app.key else ""
    console.print(f"Dashboard {dashboard} (this link works once; later sign in with the key)", soft_wrap=True)
    console.print(f"Key       {stack.app.key or 'any (this host checks no keys)'}", soft_wrap=True)
    console.print(f"Runs      {stack.app.url}/api/runs{key}", soft_wrap=True)
    console.print(f"F&O       {stack.emulator['url']} (emulator)")
    console.print(f"Storage   {stack.storage}", soft_wrap=True)
    console.print(f"Logs      {os.path.relpath(stack.parts['host'].log.parent)}")
    console.print()
    console.print(
        "To import a package for company USMF, upload it to landing/packages/USMF/ with any Azure Storage tool, or run:"
    )
    console.print("  .venv/bin/python samples/build.py")
    console.print("  .venv/bin/python -m landfall drop .local/samples/customer-setup.zip --company USMF")
    console.print()
    console.print("Ctrl-C stops everything. The next make up continues with the same state.")
