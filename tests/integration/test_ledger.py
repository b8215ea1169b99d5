"""The ledger: claims and changes under contention, in a real table."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from landfall.ledger.ledger import Ledger, RunNotFoundError, StaleAttemptError
from landfall.ledger.lists import RunFilter
from landfall.records import EntityCounts, Outcome, Run, Source, State
from landfall.storage.account import DataAccount


@pytest.fixture
def ledger(account: DataAccount) -> Ledger:
    """The ledger of this account."""
    return Ledger(account.ledger_table())


@pytest.fixture
def run() -> Run:
    """A run that nobody has claimed."""
    source = Source("landing", "packages/USMF/Größen & 'Co'.zip", '"0x8D"', 12)
    return Run(f"imp-{uuid4().hex}", "import", State.CLAIMED, source=source)


def test_of_twenty_claims_one_wins(ledger: Ledger, run: Run) -> None:
    """However many events name a file at once, it gets one run."""
    with ThreadPoolExecutor(20) as pool:
        claims = list(pool.map(lambda _: ledger.claim(run), range(20)))
    assert len([each for each in claims if each]) == 1


def test_what_is_written_is_read(ledger: Ledger, run: Run) -> None:
    """A run is read as it was written, with letters of any language."""
    claimed = ledger.claim(run)
    assert claimed
    assert ledger.get(run.run_id) == claimed
    assert claimed.times[State.CLAIMED].tzinfo == UTC


def test_a_run_with_hundreds_of_entities_fits(ledger: Ledger, run: Run) -> None:
    """A package of 228 entities, each with two error files, fits in a row like any other."""
    labels = [f"General ledger parameters and journal names of company {n}" for n in range(228)]
    entities = tuple(EntityCounts(label, 100000, 50000, 40000, 10000) for label in labels)
    files = {
        f"{kind}: {label}": f"reports/{run.run_id}/{kind}-{label.replace(' ', '-')}.txt"
        for kind in ("staging-errors", "error-keys")
        for label in labels
    }
    ledger.claim(run)
    big = ledger.change(run.run_id, 1, lambda row: replace(row, entities=entities, files=files, reason="Größe" * 9000))
    assert ledger.get(run.run_id) == big
    small = ledger.change(run.run_id, 1, lambda row: replace(row, entities=(), files={}, reason=None))
    assert ledger.get(run.run_id) == small
    assert small.entities == ()


@pytest.mark.parametrize("run_id", ["imp-none", "a/b", "a\\b", "a#b", "a?b", "it's", "x" * 600, "ä", "%2F"])
def test_an_unknown_run_is_not_found(ledger: Ledger, run_id: str) -> None:
    """Whatever id a request names, the answer is that there is no such run."""
    with pytest.raises(RunNotFoundError, match="no run"):
        ledger.get(run_id)
    with pytest.raises(RunNotFoundError):
        ledger.change(run_id, 1, lambda row: row)


def test_changes_under_contention_lose_nothing(ledger: Ledger, run: Run) -> None:
    """Several writers of one row each find their change in it."""
    ledger.claim(run)

    def add(number: int) -> None:
        ledger.change(run.run_id, 1, lambda row: replace(row, files={**row.files, f"f{number}": "x"}))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(24)))
    assert len(ledger.get(run.run_id).files) == 24


def test_a_stale_attempt_changes_nothing(ledger: Ledger, run: Run) -> None:
    """A step of an attempt that was replaced gets an error."""
    ledger.claim(replace(run, attempt=2))
    with pytest.raises(StaleAttemptError, match="attempt 1 was replaced by attempt 2"):
        ledger.move(run.run_id, 1, State.RUNNING)
    assert ledger.get(run.run_id).state == State.CLAIMED


def test_each_state_keeps_its_first_time(account: DataAccount, run: Run) -> None:
    """A step that runs again does not make the run look younger, and other times stay."""
    moments = iter(datetime(2026, 3, 1, 6, tzinfo=UTC) + timedelta(minutes=n) for n in range(9))
    ledger = Ledger(account.ledger_table(), now=lambda: next(moments))
    landed = datetime(2026, 3, 1, 5, tzinfo=UTC)
    ledger.claim(replace(run, times={"Landed": landed}))
    for state in (State.INTAKE, State.WAITING, State.INTAKE, State.WAITING):
        ledger.move(run.run_id, 1, state)
    times = ledger.get(run.run_id).times
    assert times["Landed"] == landed
    assert [times[state].minute for state in (State.CLAIMED, State.INTAKE, State.WAITING)] == [0, 1, 2]


def test_what_is_done_stays_done(ledger: Ledger, run: Run) -> None:
    """A late step cannot reopen a run that has ended."""
    ledger.claim(replace(run, state=State.DONE, outcome=Outcome.FAILED))
    assert ledger.move(run.run_id, 1, State.RUNNING).state == State.DONE


def test_the_latest_claims_come_first(account: DataAccount) -> None:
    """Lists begin with the latest claim."""
    table = account.tables.create_table(f"t{uuid4().hex}")
    moments = iter(datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (7, 9, 8))
    ledger = Ledger(table, now=lambda: next(moments))
    for run_id in ("seven", "nine", "eight"):
        ledger.claim(Run(run_id, "import", State.CLAIMED))
    assert [each.run_id for each in ledger.lists.page(RunFilter(), 10).runs] == ["nine", "eight", "seven"]
    assert [each.run_id for each in ledger.lists.page(RunFilter(), 1).runs] == ["nine"]


def test_every_change_of_state_is_logged_once(ledger: Ledger, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Claim, move, end, and a late end are events; a change of something else is not."""
    caplog.set_level(logging.INFO)
    ledger.claim(run)
    ledger.claim(run)
    ledger.move(run.run_id, 1, State.INTAKE)
    ledger.move(run.run_id, 1, State.INTAKE)
    ledger.change(run.run_id, 1, lambda row: replace(row, company="USMF"))
    for outcome in (Outcome.NEEDS_ATTENTION, Outcome.SUCCEEDED):
        ledger.change(run.run_id, 1, lambda row, outcome=outcome: replace(row, state=State.DONE, outcome=outcome))
    events = [json.loads(each.message) for each in caplog.records if each.message.startswith('{"event": "run.state"')]
    assert [(each["before"], each["after"], each["outcome"]) for each in events] == [
        (None, "Claimed", None),
        ("Claimed", "Intake", None),
        ("Intake", "Done", "NeedsAttention"),
        ("Done", "Done", "Succeeded"),
    ]
