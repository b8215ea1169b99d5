from pathlib import Path

import pytest

from local.azurite.node import on_path


def programs(folder: Path, version: str, *names: str) -> str:
    for name in names:
        file = folder / name
        file.write_text(f"#!/bin/sh\necho {version}\n")
        file.chmod(0o755)
    return str(folder)


def test_node_on_path_is_used(tmp_path: Path) -> None:
    """A Node of a version that Azurite's libraries support is used."""
    found = on_path(programs(tmp_path, "v20.1.0", "node", "npm"))
    assert found is not None
    assert found.program == tmp_path / "node"
    assert found.npm == (str(tmp_path / "npm"),)


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("v18.20.4", ("node", "npm")),
        ("v22.0.0", ("node",)),
        ("v22.0.0", ("npm",)),
        ("broken", ("node", "npm")),
        ("", ()),
    ],
)
def test_a_node_that_cannot_install_azurite_is_ignored(tmp_path: Path, version: str, names: tuple[str, ...]) -> None:
    """A Node that is too old, lacks npm or prints no version is ignored, as is an empty PATH."""
    assert on_path(programs(tmp_path, version, *names)) is None
