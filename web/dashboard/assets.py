"""The files that pages name: style, scripts, icon; each with what tells it from its later versions."""

import hashlib
from functools import cache
from pathlib import Path

BASE = "/api/dashboard"
"""Where the pages lie; the session's cookie goes nowhere else."""
FOLDER = Path(__file__).parent / "static"


@cache
def files() -> dict[str, bytes]:
    """Every file by its name."""
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}


@cache
def version(name: str) -> str:
    """What tells a file from its later versions."""
    return hashlib.sha256(files()[name]).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file, as pages name it."""
    return f"{BASE}/static/{name}?v={version(name)}"
