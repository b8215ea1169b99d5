"""docs/security.md tells the truth: each threat has a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = re.findall(
    r"^\| (?!threat |---)(.+?) \| (.+?) \| (.+?) \|$",
    (ROOT / "docs/security.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
THREATS = [threat for threat, _, _ in TABLE]


@pytest.mark.parametrize(("threat", "control", "test"), TABLE, ids=THREATS)
def test_a_threat_has_its_test(threat: str, control: str, test: str) -> None:
    """Each threat names a test function that exists, and its control only files that exist."""
    named = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", test)
    assert named, f"{threat}: name one test as `file::function`"
    tree = ast.parse((ROOT / named[1]).read_text(encoding="utf-8"))
    assert named[2] in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
    assert [each for each in re.findall(r"`([\w/]+\.py)`", control) if not (ROOT / each).exists()] == []


def test_no_threat_is_there_twice() -> None:
    """The table has a row for each threat, and more than 25 of them."""
    assert len(set(THREATS)) == len(THREATS) > 25


def test_no_route_takes_a_url() -> None:
    """No HTTP handler reads an address from a request: the API takes ids and names."""
    asked = set()
    for path in (ROOT / "web").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"(?:params|route_params|form)(?:\.get\(|\[)\"(\w+)\"", source))
    assert asked
    assert not {each for each in asked if re.search(r"ur[il]|host|endpoint|address", each)}
