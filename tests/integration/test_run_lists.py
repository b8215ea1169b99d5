"""Lists of runs: what they contain, in which order, and that a crash leaves them consistent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from azure.data.tables import TableClient

from landfall.config.settings import Storage
from landfall.ledger.ledger import Ledger
from landfall.ledger.lists import PageTokenError, RunFilter
from landfall.ledger.rows import Index, index_rows, own_row
from landfall.records import LANDED, Dealt, Outcome, Run, Source, State
from landfall.services import Services
from landfall.storage.account import DataAccount
from landfall.storage.landing import arrivals
from tests.integration.conftest import Crash, CrashError
from web.dashboard.figures import Figures, count_figures

MORNING = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def table(account: DataAccount) -> Iterator[TableClient]:
    """A table for one test."""
    table = account.tables.create_table(f"t{uuid4().hex}")
    yield table
    table.delete_table()


class Clock:
    """A clock that advances by a minute with every claim and change."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        """The next minute."""
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def ledger(table: TableClient) -> Ledger:
    """The ledger in that table, with that clock."""
    return Ledger(table, Clock())


def claim(ledger: Ledger, run_id: str, **about: object) -> None:
    """Claim an import run."""
    run = Run(run_id, "import", State.CLAIMED, source=Source("landing", f"in/{run_id}.zip", '"1"', 1))
    assert ledger.claim(replace(run, **about))  # type: ignore[arg-type]


def end(ledger: Ledger, run_id: str, outcome: Outcome) -> None:
    """End a run."""
    ledger.change(run_id, 1, lambda run: replace(run, state=State.DONE, outcome=outcome))


def found(ledger: Ledger, **wanted: object) -> list[str]:
    """The ids of all runs in a list, fetched two at a time."""
    ids: list[str] = []
    token = None
    while True:
        page = ledger.lists.page(RunFilter(**wanted), 2, token)  # type: ignore[arg-type]
        assert len(page.runs) <= 2
        ids += [run.run_id for run in page.runs]
        if (token := page.next) is None:
            return ids


def test_pages_bring_every_run_once_the_newest_first(ledger: Ledger) -> None:
    """A run that is claimed between two pages does not shift the second page."""
    for number in range(5):
        claim(ledger, f"r{number}")
    first = ledger.lists.page(RunFilter(), 2)
    claim(ledger, "later")
    second = ledger.lists.page(RunFilter(), 9, first.next)
    assert [run.run_id for run in (*first.runs, *second.runs)] == ["r4", "r3", "r2", "r1", "r0"]
    assert second.next is None
    assert first.runs[0] == ledger.get("r4")


def test_lists_are_filtered(ledger: Ledger) -> None:
    """By each field of the filter, and by several at once."""
    about = {"route": "packages", "company": "USMF", "data_project": "Customer Groups"}
    claim(ledger, "one", **about)
    claim(ledger, "two", **{**about, "company": "DEMF", "route": "it's ' or true"})
    claim(ledger, "exp", kind="export", export="packages", source=None, data_project="customer groups ")
    end(ledger, "two", Outcome.FAILED)
    end(ledger, "exp", Outcome.NEEDS_ATTENTION)

    assert found(ledger, route="packages") == ["one"]
    assert found(ledger, route="it's ' or true") == ["two"]
    assert found(ledger, export="packages") == ["exp"]
    assert found(ledger, kind="import") == ["two", "one"]
    assert found(ledger, company="USMF") == ["one"]
    assert found(ledger, data_project="CUSTOMER GROUPS") == ["exp", "two", "one"]
    assert found(ledger, state=State.CLAIMED) == ["one"]
    assert found(ledger, state=State.DONE) == ["exp", "two"]
    assert found(ledger, outcome=Outcome.FAILED) == ["two"]
    assert found(ledger, outcome=Outcome.NEEDS_ATTENTION) == ["exp"]
    assert found(ledger, in_flight=True) == ["one"]
    assert found(ledger, in_flight=False) == ["exp", "two"]
    assert found(ledger, file="in/two.zip", company="DEMF") == ["two"]
    assert found(ledger, file="in/two.zip", company="USMF") == []


def test_a_period_includes_its_start_and_not_its_end(ledger: Ledger) -> None:
    """Adjacent periods show every run once, and a period may lie far from any run."""
    for run_id in ("one", "two", "three"):
        claim(ledger, run_id)
    second, third = (ledger.get(run_id).times[State.CLAIMED] for run_id in ("two", "three"))
    assert found(ledger, since=second) == ["three", "two"]
    assert found(ledger, until=second) == ["one"]
    assert found(ledger, since=second, until=third) == ["two"]
    assert found(ledger, since=datetime.min.replace(tzinfo=UTC)) == ["three", "two", "one"]
    assert found(ledger, until=datetime.max.replace(tzinfo=UTC)) == ["three", "two", "one"]
    assert found(ledger, since=datetime.max.replace(tzinfo=UTC)) == []
    assert found(ledger, until=datetime.min.replace(tzinfo=UTC)) == []


@pytest.mark.parametrize(
    "token",
    ["", "x", "%", "W10=", "WzEsMl0=", "eyJhIjoxfQ==", "ü", "W1tdLFtdXQ==", "WyJydW4iLCJcdWQ4MDAiXQ==", "W1tb" * 9999],
)
def test_an_invalid_token_is_refused(ledger: Ledger, token: str) -> None:
    """It is an error of the request, not a failure of the app; half a surrogate pair and deep nesting are too."""
    with pytest.raises(PageTokenError, match="no such page"):
        ledger.lists.page(RunFilter(), 2, token)


def test_ended_runs_leave_the_short_lists(ledger: Ledger) -> None:
    """The list of open runs has only runs that have not ended or need attention."""
    for run_id in ("moving", "well", "attention"):
        claim(ledger, run_id)
    end(ledger, "well", Outcome.SUCCEEDED)
    end(ledger, "attention", Outcome.NEEDS_ATTENTION)
    assert {run.run_id for run in ledger.lists.open_runs(RunFilter())} == {"moving", "attention"}
    assert set(ledger.under_way()) == {"moving"}
    ledger.change("attention", 1, lambda run: replace(run, outcome=Outcome.SUCCEEDED))
    assert [run.run_id for run in ledger.lists.open_runs(RunFilter())] == ["moving"]


ENDS = {
    "rejected": Outcome.REJECTED,
    "partly": Outcome.PARTIALLY_SUCCEEDED,
    "failed": Outcome.FAILED,
    "attention": Outcome.NEEDS_ATTENTION,
    "canceled": Outcome.CANCELED,
    "well": Outcome.SUCCEEDED,
}


def test_failures_are_listed_until_they_are_dealt_with(ledger: Ledger) -> None:
    """They leave when they are dealt with or run again, and count again when that fails; a canceled run is none."""
    for run_id, outcome in ENDS.items():
        claim(ledger, run_id, company="USMF")
        end(ledger, run_id, outcome)
    assert found(ledger, open_failure=True) == ["attention", "failed", "partly", "rejected"]
    assert found(ledger, open_failure=True, outcome=Outcome.FAILED, company="USMF") == ["failed"]
    assert found(ledger, open_failure=False) == ["well", "canceled"]
    assert (ledger.lists.count_failures(9), ledger.lists.count_failures(3)) == (4, 3)

    ledger.change("failed", 1, lambda run: replace(run, dealt_with=Dealt(MORNING, "Kim", "by hand")))
    ledger.change("partly", 1, lambda run: replace(run, attempt=2, state=State.CLAIMED, outcome=None))
    assert found(ledger, open_failure=True) == ["attention", "rejected"]
    assert found(ledger, open_failure=False) == ["well", "canceled", "failed", "partly"]
    assert found(ledger, outcome=Outcome.FAILED) == ["failed"]

    ledger.change("failed", 1, lambda run: replace(run, dealt_with=None))
    ledger.change("partly", 2, lambda run: replace(run, state=State.DONE, outcome=Outcome.FAILED))
    assert found(ledger, open_failure=True) == ["attention", "failed", "partly", "rejected"]


def test_what_keeps_later_files_waiting_is_found(ledger: Ledger) -> None:
    """Imports of some routes and a company that landed before and are under way or open failures, and no others."""
    about: dict[str, object] = {"route": "customers", "company": "USMF", "times": {LANDED: MORNING}}
    for run_id, other in {
        "moving": {},
        "failed": {},
        "attention": {},
        "dealt": {},
        "well": {},
        "later": {"times": {LANDED: MORNING + timedelta(seconds=2)}},
        "elsewhere": {"company": "DEMF"},
        "unasked": {"route": "vendors"},
        "new": {"route": None, "company": None},
    }.items():
        claim(ledger, run_id, **{**about, **other})
    for run_id in ("failed", "dealt"):
        end(ledger, run_id, Outcome.FAILED)
    end(ledger, "attention", Outcome.NEEDS_ATTENTION)
    end(ledger, "well", Outcome.SUCCEEDED)
    ledger.change("dealt", 1, lambda run: replace(run, dealt_with=Dealt(MORNING, "Kim", "by hand")))
    unfinished = list(ledger.lists.unfinished({"customers", "groups"}, "USMF", MORNING + timedelta(seconds=1)))
    assert sorted(run.run_id for run in unfinished) == ["attention", "failed", "moving", "new"]


def test_figures_count_what_is_open(services: Services, ledger: Ledger) -> None:
    """They count running, waiting and failed runs, those that need attention, files in landing, and F&O's pause."""
    for run_id in ("a", "b", "c", "d"):
        claim(ledger, run_id, data_project="Customers")
    ledger.move("a", 1, State.WAITING)
    ledger.move("b", 1, State.WAITING)
    end(ledger, "c", Outcome.NEEDS_ATTENTION)
    end(ledger, "d", Outcome.FAILED)
    before = len(list(arrivals(services.account)))
    services.account.blob(f"landing/in/{uuid4().hex}.zip").upload_blob(b"")
    figures = count_figures(replace(services, ledger=ledger), MORNING + timedelta(hours=1))
    assert figures.oldest_landing_seconds is not None
    assert figures == Figures(
        in_flight=2,
        waiting={"customers": 2},
        failed=2,
        needs_attention=1,
        landed=before + 1,
        oldest_landing_seconds=figures.oldest_landing_seconds,
        paused_seconds=12.5,
    )


@pytest.mark.parametrize("answered", [False, True])
def test_a_crash_leaves_run_and_lists_in_step(storage: Storage, table: TableClient, *, answered: bool) -> None:
    """Wherever a process dies during a claim or a change, the lists agree with the run."""
    ledger = Ledger(table)
    for at in (1, 2, 3):
        crash, run_id = Crash(at, answered=answered), f"run-{at}"
        dying = Ledger(crash.account(storage).tables.get_table_client(table.table_name))
        try:
            claim(dying, run_id)
            end(dying, run_id, Outcome.FAILED)
        except CrashError:
            pass
        claimed = at > 1 or answered
        assert found(ledger) == ([run_id] if claimed else [])
        if claimed:
            run = ledger.get(run_id)
            assert list(ledger.lists.page(RunFilter(), 1).runs) == [run]
            assert [each.run_id for each in ledger.lists.open_runs(RunFilter())] == ([] if run.outcome else [run_id])
            assert ledger.lists.count_failures(9) == bool(run.outcome)
            for row in list(table.query_entities("PartitionKey eq 'run'")):
                table.delete_entity(row)


def test_runs_of_a_release_without_lists_are_added_once(ledger: Ledger, table: TableClient) -> None:
    """Until they are added, such runs can be changed like any other."""
    old = Run("old", "import", State.DONE, outcome=Outcome.FAILED, times={State.CLAIMED: MORNING})
    table.create_entity(own_row(old))
    table.create_entity(own_row(replace(old, run_id="moving", state=State.RUNNING, outcome=None)))
    end(ledger, "moving", Outcome.SUCCEEDED)
    assert found(ledger) == ["moving"]
    ledger.build_lists()
    assert sorted(found(ledger)) == ["moving", "old"]
    assert ledger.lists.count_failures(9) == 1
    table.create_entity(own_row(replace(old, run_id="more")))
    ledger.build_lists()
    assert "more" not in found(ledger)


def test_failures_of_earlier_releases_are_open(ledger: Ledger, table: TableClient) -> None:
    """They get rows in this release's list, once; until then such a run can be changed like any other."""
    table.create_entity({"PartitionKey": "lists", "RowKey": "built"})
    old = Run("failed", "import", State.DONE, outcome=Outcome.FAILED, times={State.CLAIMED: MORNING})
    unsure = replace(old, run_id="unsure", outcome=Outcome.NEEDS_ATTENTION)
    for run in (old, unsure, replace(unsure, run_id="other"), replace(old, run_id="well", outcome=Outcome.SUCCEEDED)):
        rows = [row for key, row in index_rows(run).items() if not key.startswith(Index.FAILURE)]
        for row in rows:
            del row["Failure"]
        failed = {"PartitionKey": "run", "RowKey": f"failed:1:{run.run_id}", "RunId": run.run_id}
        for row in (own_row(run), *rows, *([failed] if run.outcome == Outcome.FAILED else [])):
            table.create_entity(row)
    ledger.change("other", 1, lambda run: replace(run, outcome=Outcome.SUCCEEDED))
    assert found(ledger, outcome=Outcome.NEEDS_ATTENTION) == ["unsure"]
    for _ in range(2):
        ledger.build_lists()
        assert sorted(found(ledger, open_failure=True)) == ["failed", "unsure"]
        assert sorted(found(ledger, open_failure=False)) == ["other", "well"]
    assert not [row["RowKey"] for row in table.list_entities() if row["RowKey"].startswith("failed:")]
