"""Which failures are one thing to tell."""

from datetime import UTC, datetime

import pytest

from landfall.ledger.untold import Fact
from landfall.people.causes import group_by_cause

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def facts(*reasons: str) -> list[Fact]:
    """A failed file for each reason."""
    return [Fact(str(at), NOW, "Failed", f"in/USMF/file {at}.csv", each) for at, each in enumerate(reasons)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Customer group '10' does not exist.", "Customer group '20' does not exist."),
        ("3 of 100 rows were refused.", "17 of 2,031 rows were refused."),
        ("june.csv has no header.", "july-2.csv has no header."),
        ("file 0.csv has no header.", "file 1.csv has no header."),
        ("Execution 6f9619ff-8b86-d011-b42d-00cf4fc964ff failed.", "Execution Customers-imp-0a1b-1 failed."),
        ("Field “Name” is empty.", "Field “City” is empty."),
    ],
)
def test_what_differs_from_file_to_file_makes_no_other_cause(one: str, other: str) -> None:
    """Values, numbers, ids and file names are left out of the comparison."""
    (cause,) = group_by_cause(facts(one, other))
    assert len(cause.facts) == 2


def test_other_words_and_other_outcomes_are_other_causes() -> None:
    """The most frequent cause comes first."""
    found = facts("The zip is damaged.", "No header.", "No header.")
    found.append(Fact("9", NOW, "NeedsAttention", "a.csv", "No header."))
    assert [len(each.facts) for each in group_by_cause(found)] == [2, 1, 1]
