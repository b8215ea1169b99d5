"""The explanations of states and outcomes."""

import re
from pathlib import Path

import pytest

from landfall.records import Outcome, State
from web.dashboard import words
from web.dashboard.advice import OUTCOMES, STATES, Advice

DOCS = Path(__file__).parents[3] / "docs"
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
MAX_PICTURE_BYTES = 100_000


def test_every_state_and_outcome_is_explained() -> None:
    """Each state and outcome has an explanation and a name."""
    assert set(STATES) == set(State)
    assert set(OUTCOMES) == set(words.OUTCOMES) == set(Outcome)


@pytest.mark.parametrize(("word", "advice"), [*STATES.items(), *OUTCOMES.items()])
def test_the_guide_says_what_the_pages_say(word: str, advice: Advice) -> None:
    """docs/operating.md has a row for each, with the same text."""
    assert f"| `{word}` | {advice.means} | {advice.do} |" in OPERATING


def test_the_guides_pictures_are_there_and_small() -> None:
    """Each picture of the guide is a file of less than 100 kB, and there are no others."""
    named = set(re.findall(r"\(pictures/([\w-]+\.png)\)", OPERATING))
    there = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}
    assert named == set(there)
    assert max(there.values()) < MAX_PICTURE_BYTES
