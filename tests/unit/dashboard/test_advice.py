"""What is said of each state and outcome."""

import re
from pathlib import Path

import pytest

from landfall.records import Outcome, State
from web.dashboard.advice import OUTCOMES, STATES, Advice

DOCS = Path(__file__).parents[3] / "docs"
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
MAX_PICTURE_BYTES = 100_000


def test_every_state_and_outcome_has_its_words() -> None:
    """None is left for a person to guess at."""
    assert set(STATES) == set(State)
    assert set(OUTCOMES) == set(Outcome)


@pytest.mark.parametrize(("word", "said"), [*STATES.items(), *OUTCOMES.items()])
def test_the_guide_says_what_the_pages_say(word: str, said: Advice) -> None:
    """docs/operating.md has a row for each, in the same words."""
    assert f"| `{word}` | {said.means} | {said.do} |" in OPERATING


def test_the_guides_pictures_are_there_and_small() -> None:
    """Each picture that it names is a file of less than 100 kB, and no other lies beside them."""
    named = set(re.findall(r"\(pictures/([\w-]+\.png)\)", OPERATING))
    there = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}
    assert named == set(there)
    assert max(there.values()) < MAX_PICTURE_BYTES
