"""YAML that remembers its lines."""

import pytest

from landfall.config.yaml_source import read_yaml

TEXT = """\
# a comment
imports:
  - name: one
    path: a
  - name: two
    path:
      deep: b
polling: {cap: 3}
empty:
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("imports",), 2),
        (("imports", 0), 3),
        (("imports", 0, "path"), 4),
        (("imports", 1, "path", "deep"), 7),
        (("polling", "cap"), 8),
        (("imports", 1, "missing", "deeper"), 5),
        (("missing",), 2),
    ],
)
def test_every_value_is_found(path: tuple[str | int, ...], line: int) -> None:
    """A value has the line of its key; a missing value has the line of what surrounds it."""
    assert read_yaml(TEXT, "plan.yaml").where(path) == f"plan.yaml:{line}"


def test_an_empty_file_is_an_empty_mapping() -> None:
    """A file of comments is a mapping without entries."""
    located = read_yaml("# nothing\n", "plan.yaml")
    assert (located.data, located.where(("imports",))) == ({}, "plan.yaml")


def test_overrides_replace_and_add() -> None:
    """An override replaces the file's value, and creates missing or empty mappings on its path."""
    located = read_yaml(TEXT, "plan.yaml")
    located.override(["polling", "cap"], "9", "CAP")
    located.override(["new", "part"], "x", "PART")
    located.override(["empty", "part"], "y", "EMPTY")
    assert located.data["polling"] == {"cap": "9"}
    assert located.data["new"] == {"part": "x"}
    assert located.data["empty"] == {"part": "y"}


def test_an_override_is_found_by_its_source() -> None:
    """A mistake in an overridden value is located at the override, not in the file."""
    located = read_yaml(TEXT, "plan.yaml")
    located.override(["polling", "cap"], "9", "CAP")
    assert located.where(("polling", "cap")) == "CAP"
    assert located.where(("polling",)) == "plan.yaml:8"


@pytest.mark.parametrize("path", [["imports", "one", "path"], ["imports", "one"], ["polling", "cap", "x"]])
def test_overrides_go_below_mappings_only(path: list[str]) -> None:
    """An override of an entry in a list or below a plain value is refused, with its name."""
    with pytest.raises(ValueError, match=r"^SETTING: "):
        read_yaml(TEXT, "plan.yaml").override(path, "x", "SETTING")


def test_a_name_set_twice_is_noted() -> None:
    """The second `imports:` of a file does not silently replace the first; its lines are those of the data."""
    located = read_yaml("imports: [{a: 1, a: 2}]\nexports: []\nimports:\n  - a: 3\n", "plan.yaml")
    assert located.twice == [("imports", 0, "a"), ("imports",)]
    assert located.where(("imports", 0, "a")) == "plan.yaml:4"


def test_a_value_is_known_as_it_is_written() -> None:
    """YAML takes NO for false and 0123 for 83; the file's own words are kept."""
    located = read_yaml("company: NO\nothers: [0123]\n", "plan.yaml")
    assert located.data == {"company": False, "others": [83]}
    assert (located.texts[("company",)], located.texts[("others", 0)]) == ("NO", "0123")


def test_a_key_is_a_name_as_it_is_written() -> None:
    """YAML would make a boolean of `on`, a number of 1 and nothing of ~; merged keys stay merged."""
    located = read_yaml("on: 1\n1: a\n~: b\nbase: &base {x: 1}\nnext: {<<: *base, y: 2}\n", "plan.yaml")
    assert located.data == {"on": 1, "1": "a", "~": "b", "base": {"x": 1}, "next": {"x": 1, "y": 2}}
