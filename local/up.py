"""`make up`: everything up, until someone stops it."""

import json
import time
from typing import Any, Literal

from rich.console import Console

from local.processes import PartError
from local.stack import ROOT, Ports, Stack, running

FOLDER = ROOT / ".local" / "up"
UP_FILE = ROOT / ".local" / "up.json"
PORTS = Ports(azurite=(10000, 10001, 10002), emulator=(7080, 7081, 7082), host=7071)
LOOK_SECONDS = 0.5


def up(host: Literal["embedded", "func"], console: Console) -> None:
    """Start storage, emulator and app, say where they are, and wait for KeyboardInterrupt.

    Raises:
        PartError: a part did not start or stopped by itself, or another run holds the same state.
    """
    with running(FOLDER, host=host, ports=PORTS) as stack:
        UP_FILE.with_suffix(".new").write_text(json.dumps(stack.as_json(), indent=2) + "\n")
        UP_FILE.with_suffix(".new").replace(UP_FILE)
        try:
            _say_where(stack, console)
            while True:
                stack.check()
                time.sleep(LOOK_SECONDS)
        finally:
            UP_FILE.unlink()


def what_is_up() -> dict[str, Any]:
    """Return what `.local/up.json` says; PartError when nothing is up."""
    try:
        return dict(json.loads(UP_FILE.read_text()))
    except FileNotFoundError:
        raise PartError("Nothing is up. Run make up in another terminal first.") from None


def _say_where(stack: Stack, console: Console) -> None:
    key = f"?code={stack.app.key}" if stack.app.key else ""
    console.print(f"Runs      {stack.app.url}/api/runs{key}", soft_wrap=True)
    console.print(f"F&O       {stack.emulator['url']} (emulator)")
    console.print(f"Storage   {stack.storage}", soft_wrap=True)
    console.print(f"Logs      {FOLDER.relative_to(ROOT)}/logs")
    console.print()
    console.print(
        "Drop a package for company USMF, with any Azure Storage tool into landing/packages/USMF/, or with:"
    )
    console.print("  .venv/bin/python samples/build.py")
    console.print("  .venv/bin/python -m local drop .local/samples/customer-setup.zip --company USMF")
    console.print()
    console.print("Ctrl-C stops everything; the state stays for the next make up.")
