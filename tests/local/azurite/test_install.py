import json
from pathlib import Path

import pytest

from local.azurite.install import HERE, install, program
from local.azurite.node import Node


def node(folder: Path, npm: str) -> Node:
    file = folder / "npm"
    file.write_text(f"#!/bin/sh\n{npm}\n")
    file.chmod(0o755)
    return Node(Path("node"), (str(file),))


def test_npm_installs_the_locked_packages(tmp_path: Path) -> None:
    """Npm installs exactly the packages of the lock file, and runs none of their scripts."""
    target = tmp_path / "azurite"
    wanted = program(target)
    install(node(tmp_path, f'echo "$@" > arguments; mkdir -p {wanted.parent}; touch {wanted}'), target)
    arguments = (target / "arguments").read_text().split()
    assert arguments[0] == "ci"
    assert "--ignore-scripts" in arguments
    assert (target / "package-lock.json").read_bytes() == (HERE / "package-lock.json").read_bytes()


@pytest.mark.parametrize("npm", ["exit 1", "exit 0"])
def test_a_failed_installation_says_what_to_check(tmp_path: Path, npm: str) -> None:
    """When npm fails, or installs no Azurite, the installation is an error with the next step."""
    with pytest.raises(RuntimeError, match=r"npm could not install Azurite.*registry"):
        install(node(tmp_path, npm), tmp_path / "azurite")


def test_the_lock_holds_hashes_but_no_registry() -> None:
    """The lock file pins every package by its hash, and none to a registry."""
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert len(packages) > 100
    assert [name for name, package in packages.items() if "resolved" in package or "integrity" not in package] == []
