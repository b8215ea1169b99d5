"""The same content again at the same path: what is skipped, what is another try, and who may insist."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from activities.archiving import Ending, end_run
from activities.intake import intake
from landfall.claims import OtherRunEndsError, SameContentError, claim_content
from landfall.config.plan import Plan
from landfall.records import Action, ComeBack, Finding, Outcome, Run, Source, State, Step
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.storage.landing import FileTouchedError
from tests.integration.conftest import Drop
from tests.integration.test_archiving import archived, has_landed, place_of
from tests.integration.test_touched_files import SUCCEEDED, admit, touch
from tests.unit.made_packages import package

PERSON = Action(datetime(2026, 1, 1, tzinfo=UTC), "Ada", "started the import")


def ended(services: Services, run: Run, outcome: Outcome = Outcome.SUCCEEDED) -> Run:
    """The run, read and ended."""
    assert admit(services, run) is None
    end_run(services, Ending(run.run_id, 1, Finding(outcome, "so it ended")))
    return services.ledger.get(run.run_id)


def importing_again(services: Services) -> Services:
    """The services with a route that imports the same content again."""
    route = {"name": "packages", "path": "packages/{company}/{name}.zip", "same_content": "import"}
    return replace(services, plan=Plan.model_validate({"imports": [route], "submission": {"grace_seconds": 0}}))


def test_content_that_succeeded_is_skipped(services: Services, drop: Drop, name: str) -> None:
    """The second file says which run it repeats and what to do, and lies in the archive under its own run."""
    first, second = ended(services, drop()), drop()
    skipped = admit(services, second)
    assert skipped
    assert skipped.outcome == Outcome.SUPERSEDED
    assert f"the same content as run {first.run_id}, which ended Succeeded" in str(skipped.reason)
    end_run(services, Ending(second.run_id, 1, skipped))
    assert archived(services, second) == [place_of(second, Outcome.SUPERSEDED)]
    assert archived(services, first) == [place_of(first, Outcome.SUCCEEDED)]
    assert not has_landed(services, name)
    assert services.ledger.get(second.run_id).same_as == first.run_id


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.PARTIALLY_SUCCEEDED,
        Outcome.FAILED,
        Outcome.CANCELED,
        Outcome.REJECTED,
        Outcome.SUPERSEDED,
        Outcome.NEEDS_ATTENTION,
    ],
)
def test_content_that_did_not_succeed_is_another_try(services: Services, drop: Drop, outcome: Outcome) -> None:
    """Whoever drops the file once more means that it is to be imported after all."""
    first = drop()
    services.ledger.change(first.run_id, 1, lambda row: replace(row, state=State.DONE, outcome=outcome))
    assert admit(services, drop()) is None


def test_other_content_in_between_makes_it_new(services: Services, drop: Drop) -> None:
    """Whoever goes back to what was before the last version means that, too."""
    ended(services, drop())
    ended(services, drop(package(project="Other")))
    assert admit(services, drop()) is None


def test_a_route_may_import_the_same_content_again(services: Services, drop: Drop, name: str) -> None:
    """After a success, and while the first run is under way: each run then moves its own file only."""
    again = importing_again(services)
    first = ended(again, drop())
    assert first.outcome == Outcome.SUCCEEDED
    second = drop()
    assert admit(again, second) is None
    third = touch(again, name)
    assert admit(again, third) is None
    end_run(again, Ending(second.run_id, 1, SUCCEEDED))
    assert has_landed(again, name)
    end_run(again, Ending(third.run_id, 1, SUCCEEDED))
    assert archived(again, third) == [place_of(third, Outcome.SUCCEEDED)]
    assert not has_landed(again, name)


@pytest.mark.parametrize("asked", [{"history": (PERSON,)}, {"repairs": "imp-1"}, {"attempt": 2}])
def test_what_a_person_asks_for_is_imported(services: Services, drop: Drop, asked: dict[str, object]) -> None:
    """An import that a person starts, corrected rows and a rerun are no repetition by mistake."""
    ended(services, drop())
    second = drop()
    run = services.ledger.change(second.run_id, 1, lambda row: replace(row, **asked))  # type: ignore[arg-type]
    assert admit(services, run) is None


def test_a_file_waits_while_the_other_run_ends(services: Services, drop: Drop) -> None:
    """How the other run ends decides whether this one is a repetition or another try."""
    first = drop()
    admit(services, first)
    failing = Finding(Outcome.FAILED, "F&O refused")
    services.ledger.change(first.run_id, 1, lambda row: replace(row, state=State.ARCHIVING, ending=failing))
    second = drop()
    assert isinstance(intake(services, Step(second.run_id)), ComeBack)
    services.ledger.change(first.run_id, 1, lambda row: replace(row, state=State.DONE, outcome=Outcome.FAILED))
    assert admit(services, second) is None


def test_of_many_runs_of_one_content_one_imports(services: Services, drop: Drop, name: str) -> None:
    """Two hosts, and twenty claims at the same moment: one run takes the content up, all others name that run."""
    source = Source(LANDING, name, '"0x0"', 1, "ab" * 32)
    runs = [replace(drop(), source=source) for _ in range(20)]

    def claims(run: Run) -> str:
        try:
            claim_content(services, run)
        except SameContentError as same:
            return same.run_id
        return run.run_id

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(claims, runs))) == 1
    winner = claims(runs[0])
    services.ledger.change(winner, 1, lambda row: replace(row, ending=SUCCEEDED))
    with pytest.raises(OtherRunEndsError):
        claim_content(services, next(run for run in runs if run.run_id != winner))


def test_a_file_that_is_back_is_imported(services: Services, drop: Drop, name: str) -> None:
    """Deleted and dropped again: the first run missed it, the second leaves it to the first, which must not end."""
    run = drop()
    admit(services, run)
    second = drop()
    skipped = admit(services, second)
    assert skipped
    end_run(services, Ending(second.run_id, 1, skipped))
    with pytest.raises(FileTouchedError):
        end_run(services, Ending(run.run_id, 1, Finding(Outcome.SUPERSEDED, "it was missing")))
    row = services.ledger.get(run.run_id)
    assert (row.outcome, row.ending) == (None, None)
    assert admit(services, run) is None
    assert has_landed(services, name)


def test_a_run_that_stopped_at_its_end_ends_so(services: Services, drop: Drop) -> None:
    """Started again, it is neither read nor sent once more."""
    run = drop()
    failed = Finding(Outcome.FAILED, "its event failed")
    services.ledger.change(run.run_id, 1, lambda row: replace(row, ending=failed))
    assert admit(services, run) == failed
    assert services.ledger.get(run.run_id).source == run.source
