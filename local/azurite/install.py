"""Install the pinned Azurite with npm."""

import shutil
import subprocess
from pathlib import Path

from local.azurite.node import Node

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".local" / "azurite"


def program(folder: Path = FOLDER) -> Path:
    """Return the JavaScript file that starts Azurite."""
    return folder / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


def install(node: Node, folder: Path = FOLDER) -> None:
    """Install exactly the packages of the lock file under `folder`, in place of those there.

    Install scripts do not run: Azurite needs none.

    Raises:
        RuntimeError: npm failed; its own message is on stderr.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(HERE / name, folder / name)
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error")
    if (
        subprocess.run([*node.npm, "ci", *quiet], cwd=folder, check=False).returncode != 0
        or not program(folder).is_file()
    ):
        raise RuntimeError(
            f"npm could not install Azurite into {folder}; its message is above. "
            f"Check that this machine reaches an npm registry (npm ping), then run the command again."
        )
