"""F&O's Succeeded is believed when every row that was sent is accounted for, and only then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.counting import OUTCOMES, entity_counts
from landfall.fno import EntityResult
from landfall.fno.counts import doubt_of, tally
from landfall.records import EntityCounts, Outcome

COUNT = st.integers(0, 50)


def result(
    entity: str = "Groups", *, found: int = 0, staged: int = 0, created: int = 0, updated: int = 0
) -> EntityResult:
    """What F&O says of an entity."""
    return EntityResult(entity, "Finished", "Finished", staged, created, updated, found)


def outcome(results: list[EntityResult], counted: dict[str, int | None], *, executes: bool = True) -> str:
    """How a run that F&O calls Succeeded ends."""
    doubt = doubt_of(tally(results, counted), executes=executes)
    return OUTCOMES[doubt.kind] if doubt else Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("results", "counted", "ends"),
    [
        pytest.param([result(staged=2, created=2)], {"Groups": 2}, "Succeeded", id="all new"),
        pytest.param([result(staged=2, created=1, updated=1)], {"Groups": 2}, "Succeeded", id="one key twice, updated by its second row"),
        pytest.param([result(staged=2, updated=2)], {"GROUPS": 2}, "Succeeded", id="labels in another case"),
        pytest.param([result(created=2)], {"Groups": 2}, "Succeeded", id="staging skipped"),
        pytest.param([result(staged=2, created=2)], {"Groups": None}, "Succeeded", id="a format nobody reads"),
        pytest.param([result(found=3, created=3)], {}, "Succeeded", id="the package is gone"),
        pytest.param([result(staged=2, created=2), result("Empty")], {"Groups": 2, "Empty": 0}, "Succeeded", id="nothing sent, nothing came"),
        pytest.param([result(staged=1, created=1)], {"Groups": 2}, "PartiallySucceeded", id="a row short of staging"),
        pytest.param([result(staged=2, created=1)], {"Groups": 2}, "PartiallySucceeded", id="a row short of the target"),
        pytest.param([result(found=3, staged=2, created=2)], {"Groups": 2}, "PartiallySucceeded", id="a row that F&O alone sees"),
        pytest.param([result(staged=2, created=2)], {"Groups": 2, "Terms": 1}, "PartiallySucceeded", id="an entity without a result"),
        pytest.param([result(staged=2, created=2)], {"Groups": 2, "Terms": None}, "PartiallySucceeded", id="nor a count"),
        pytest.param([result(staged=2, created=2), result("Terms")], {"Groups": 2, "Terms": None}, "PartiallySucceeded", id="nothing of a format nobody reads"),
        pytest.param([], {"Groups": 2}, "Failed", id="no result at all"),
        pytest.param([], {}, "Failed", id="nothing known at all"),
        pytest.param([result(found=2)], {"Groups": 2}, "Failed", id="no mapping: nothing staged"),
        pytest.param([result(staged=2)], {"Groups": 2}, "Failed", id="nothing written"),
        pytest.param([result(staged=3, created=4)], {"Groups": 3}, "NeedsAttention", id="more written than sent"),
    ],
)  # fmt: skip
def test_a_success_holds_when_the_numbers_add_up(
    results: list[EntityResult], counted: dict[str, int | None], ends: str
) -> None:
    """Each way in which rows can be missing, and each in which they only seem to be."""
    assert outcome(results, counted) == ends


@pytest.mark.parametrize(("staged", "ends"), [(2, "Succeeded"), (1, "PartiallySucceeded"), (0, "Failed")])
def test_without_execution_staging_counts(staged: int, ends: str) -> None:
    """With execute=false nothing is written, and nothing is missing in the target."""
    results = [result(staged=staged)]
    assert outcome(results, {"Groups": 2}, executes=False) == ends
    (each,) = tally(results, {"Groups": 2})
    assert entity_counts(each, executes=False) == EntityCounts("Groups", staged, 0, 0, 2 - staged)


def test_reasons_name_what_is_missing() -> None:
    """Who reads the receipt learns which entity is short by how much."""
    results = [result(staged=9, created=8), result("Terms", staged=1, created=1)]
    doubt = doubt_of(tally(results, {"Groups": 10, "Terms": 1, "Sites": 3}), executes=True)
    assert doubt
    assert doubt.reason == ("F&O says Succeeded, but 2 of 10 rows of Groups are missing; it has no result for Sites.")


@given(COUNT, COUNT, COUNT, COUNT, COUNT, st.booleans())
def test_a_run_succeeds_only_when_rows_add_up(  # noqa: PLR0913, PLR0917  every number of a result
    counted: int,
    found: int,
    staged: int,
    created: int,
    updated: int,
    executes: bool,  # noqa: FBT001  the case's value
) -> None:
    """Rows sent = created + updated + failed, none failed, whatever F&O says."""
    results = [result(found=found, staged=staged, created=created, updated=updated)]
    tallies = tally(results, {"Groups": counted})
    counts = entity_counts(tallies[0], executes=executes)
    arrived = created + updated if executes else staged
    assert counts.failed == max(0, max(counted, found, staged) - arrived)
    if doubt_of(tallies, executes=executes) is None:
        assert arrived == max(counted, found, staged) > 0


@pytest.mark.parametrize(
    ("results", "executes", "kind"),
    [
        ([], True, "all missing"),
        ([(2, 2, 0, 0)], True, "all missing"),
        ([(2, 2, 0, 0)], False, None),
        ([(2, 2, 1, 1)], True, None),
        ([(3, 2, 1, 1)], True, "some missing"),
        ([(2, 2, 1, 1), (1, 0, 0, 0)], True, "some missing"),
        ([(2, 1, 1, 0)], False, "some missing"),
    ],
)
def test_fno_alone_is_enough_to_doubt_a_success(
    results: list[tuple[int, int, int, int]], *, executes: bool, kind: str | None
) -> None:
    """The command line counts no rows of its own: F&O's rows found, staged, created and updated must add up."""
    rows = [
        result(f"E{n}", found=found, staged=staged, created=created, updated=updated)
        for n, (found, staged, created, updated) in enumerate(results)
    ]
    doubt = doubt_of(tally(rows, {}), executes=executes)
    assert (doubt.kind if doubt else None) == kind
