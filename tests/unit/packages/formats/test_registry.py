"""The registry has every source format, and nothing else decides by the name of one."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from landfall.config.import_routes import RawFormat
from landfall.packages.formats import FORMATS, Format, FormatName, format_of

ROOT = Path(__file__).parents[4]
REGISTRY = ROOT / "landfall" / "packages" / "formats"
APP = [
    path
    for folder in ("landfall", "activities", "orchestrations", "web")
    for path in (ROOT / folder).rglob("*.py")
    if REGISTRY not in path.parents
]


def names_in(source: str) -> set[str]:
    """The names of source formats that stand as strings in Python code, as F&O spells them or in upper case."""
    names = {*FORMATS, *map(str.upper, FORMATS)}
    return {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)} & names


def test_only_the_registry_knows_names_of_formats() -> None:
    """No other file of the app compares or lists names of source formats."""
    found = {path.relative_to(ROOT): names_in(path.read_text(encoding="utf-8")) for path in APP}
    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == {}


def test_a_comparison_with_a_name_is_found() -> None:
    """The rule finds a name in a comparison and in a list."""
    assert names_in("x = y.upper() == 'EXCEL' or y in {'CSV-Unicode', 'other'}") == {"EXCEL", "CSV-Unicode"}


def test_every_name_for_landfall_yaml_is_registered() -> None:
    """The formats that a route may name are those of the registry, in the same order."""
    assert get_args(FormatName) == tuple(FORMATS)


@pytest.mark.parametrize(("name", "registered"), FORMATS.items())
def test_formats_are_found_in_any_case(name: str, registered: Format) -> None:
    """A manifest may write the name of a format in any case."""
    assert format_of(name.upper()) is format_of(name.lower()) is registered


def test_an_unknown_format_is_none() -> None:
    """A format that only F&O knows is not in the registry."""
    assert format_of("Fixed width") is None


@pytest.mark.parametrize("registered", FORMATS.values(), ids=FORMATS)
def test_options_are_settings_of_a_route(registered: Format) -> None:
    """A format uses only options that a route can set."""
    assert registered.options <= RawFormat.model_fields.keys()
