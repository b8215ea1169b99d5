from pathlib import Path

import pytest

from local.azurite.node import on_path


def programs(folder: Path, version: str, *names: str) -> str:
    for name in names:
        file = folder / name
        file.write_text(f"#!/bin/sh\necho {version}\n")
        file.chmod(0o755)
    return str(folder)


def test_takes_the_node_on_path(tmp_path: Path) -> None:
    """A Node of a version that Azurite's libraries support is used as it is."""
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
def test_passes_over_what_cannot_install_azurite(
    tmp_path: Path, version: str, names: tuple[str, ...]
) -> None:
    """An old Node, one without npm, one that does not say its version and none at all count as none."""
    assert on_path(programs(tmp_path, version, *names)) is None
