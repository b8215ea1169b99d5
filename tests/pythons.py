"""The Pythons that Landfall supports, as far as this machine has them, each with what the app and its tests need."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.11", "3.12", "3.13")
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [each for each in SUPPORTED if each != RUNNING]
NEEDS = [ROOT / "requirements.txt", ROOT / "pyproject.toml"]


def interpreter(version: str) -> Path:
    """The path of a Python of this version; skips the test if there is none."""
    if named := shutil.which(f"python{version}"):
        behind_shim = Path(named).parents[1].glob(f"versions/{version}.*/bin/python")
        for each in (Path(named), *behind_shim):
            if not subprocess.run([each, "-c", "import venv, ssl"], capture_output=True, check=False).returncode:
                return each
    pytest.skip(f"Python {version} is not on this machine")


def equipped(version: str) -> Path:
    """The path of a Python of this version with the project's packages; skips the test if there is none.

    Its environment is kept below .local, and made again when the project's packages change.
    """
    if version == RUNNING:
        return Path(sys.executable)
    base, folder = interpreter(version), ROOT / ".local" / f"python{version}"
    python, ready = folder / "bin" / "python", folder / ".ready"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        if not ready.exists() or ready.stat().st_mtime < max(each.stat().st_mtime for each in NEEDS):
            install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            for command in (
                [base, "-m", "venv", folder],
                [*install, "--upgrade", "pip>=25.1"],
                [*install, "--requirement", "requirements.txt", "--group", "dev"],
            ):
                subprocess.run(command, cwd=ROOT, check=True)
            ready.touch()
    return python
