"""The time that a page of a list takes among ten thousand runs (`make bench` prints it)."""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableClient

from landfall.config.settings import Storage
from landfall.ledger.ledger import Ledger
from landfall.ledger.lists import RunFilter, RunLists
from landfall.ledger.rows import PARTITION, index_rows, own_row
from landfall.records import EntityCounts, Outcome, Run, Source, State
from landfall.storage.account import DataAccount
from local.azurite.server import run_azurite
from web.models import RunList, view

RUNS = 10_000
PAGE = 50
TIMES = 21
ROWS_AT_ONCE = 100
"""The rows of one transaction."""


def ended_run(number: int) -> Run:
    """An import run that has ended."""
    claimed = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    run_id = f"imp-{number:032x}"
    return Run(
        run_id,
        "import",
        State.DONE,
        route="packages",
        source=Source("landing", f"packages/USMF/{number}.zip", '"0x8D"', 4096, "0" * 64),
        company="USMF" if number % 100 else "DEMF",
        data_project="Customers",
        execution_id=f"Customers-{run_id}-1",
        outcome=Outcome.SUCCEEDED,
        entities=(EntityCounts("Customers V3", 100, 60, 40, 0),),
        times=dict.fromkeys(("Landed", *State), claimed),
        files={"archive": f"archive/Succeeded/{number}.zip", "receipt": f"reports/{run_id}/receipt.json"},
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableClient]:
    """A ledger with RUNS runs."""
    with run_azurite(tmp_path_factory.mktemp("bench")) as azurite:
        table = DataAccount(Storage(connection_string=azurite.connection_string)).ledger_table()
        runs = map(ended_run, range(RUNS))
        rows = [row for run in runs for row in (own_row(run), *index_rows(run).values())]
        for at in range(0, len(rows), ROWS_AT_ONCE):
            table.submit_transaction([("create", row) for row in rows[at : at + ROWS_AT_ONCE]])
        yield table


def median_milliseconds(ask: Callable[[], object]) -> float:
    """The median time of TIMES calls."""
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def answer(lists: RunLists, wanted: RunFilter) -> str:
    """The answer of `GET /api/runs`."""
    page = lists.page(wanted, PAGE)
    return RunList(runs=tuple(map(view, page.runs)), next=page.next).model_dump_json()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_list_costs_what_its_page_costs(table: TableClient, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of a list takes less than twice as long as a bare table query for as many rows."""
    lists = Ledger(table).lists

    def bare() -> object:
        return next(table.query_entities(f"PartitionKey eq '{PARTITION}'", results_per_page=PAGE).by_page())

    usual = median_milliseconds(bare)
    with capsys.disabled():
        print(f"\nthe first {PAGE} of {RUNS} runs, median of {TIMES}:")  # noqa: T201  what `make bench` is for
        print(f"  bare table query     {usual:6.1f} ms")  # noqa: T201
        for name, wanted in (("list", RunFilter()), ("list of a company", RunFilter(company="DEMF"))):
            found = median_milliseconds(lambda wanted=wanted: answer(lists, wanted))
            print(f"  {name:20} {found:6.1f} ms, {found / usual:.2f} of it")  # noqa: T201
            assert len(lists.page(wanted, PAGE).runs) == PAGE
            assert found < 2 * usual
