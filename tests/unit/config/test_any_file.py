"""Whatever landfall.yaml says, the app reads what it can of it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landfall.config.usable import read_usable
from tests.unit.config.test_usable import ENVIRONMENT, PLAN

PIECES = [
    "on",
    "NO",
    "1",
    "[]",
    "{}",
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "{",
    "]",
    "'",
    "%X%",
    "~",
    "? ",
    "<<: ",
]
NAMES = ["name", "imports", "environments", "path", "", "2026-13-45"]
EDITS = st.lists(
    st.tuples(st.integers(0, len(PLAN)), st.sampled_from([0, 0, 1, 3, 10]), st.sampled_from(PIECES + NAMES)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path for a landfall.yaml."""
    return tmp_path_factory.mktemp("any") / "landfall.yaml"


@given(edits=EDITS)
@settings(max_examples=100, deadline=None, database=None)
def test_a_file_with_any_mistakes_is_read(file: Path, edits: list[tuple[int, int, str]]) -> None:
    """Reading ends, without an error, and a file waits only where a mistake is named."""
    text = PLAN
    for at, length, piece in edits:
        text = text[:at] + piece + text[at + length :]
    file.write_text(text, encoding="utf-8")
    found = read_usable(ENVIRONMENT, file)
    assert found.plan.reason_to_wait("nowhere/else") in {None, *found.mistakes}
