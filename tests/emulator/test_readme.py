"""The emulator's README matches the code."""

from dataclasses import fields
from pathlib import Path

import yaml

from fno_emulator.control.faults import KINDS
from fno_emulator.dmf.model.catalogue import SHIPPED
from fno_emulator.settings import Settings

README = (Path(SHIPPED).parent / "README.md").read_text(encoding="utf-8")


def test_every_switch_has_a_row() -> None:
    """The README has a table row for every switch, with its default."""
    defaults = {one.name: getattr(Settings(), one.name) for one in fields(Settings)}
    for name, value in defaults.items():
        row = next((line for line in README.splitlines() if line.startswith("|") and f"`{name}`" in line), "")
        assert row, name
        assert str(value).lower() in row.lower(), name


def test_every_fault_is_described() -> None:
    """The README lists every effect of a fault, by when it strikes."""
    for when, kinds in KINDS.items():
        row = next(line for line in README.splitlines() if line.startswith(f"| `{when}`"))
        assert {one for one in kinds if f"`{one}`" not in row} == set()


def test_every_entity_is_listed() -> None:
    """The README names every entity of the catalogue."""
    catalogue = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    text = " ".join(README.split())
    assert [one["label"] for one in catalogue["entities"] if one["label"] not in text] == []


def test_every_named_module_exists() -> None:
    """The README's table of copied behaviour names files that exist."""
    section = README.partition("## What it copies")[2].partition("## Switches")[0]
    rows = [line.rpartition("| `")[2] for line in section.splitlines() if line.endswith("` |")]
    named = [one for row in rows for one in row.removesuffix("` |").split("`, `")]
    assert named
    assert [one for one in named if not (SHIPPED.parent / one).exists()] == []
