"""However much a file, its manifest and F&O say, a run fits into its row and can end."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient, TableErrorCode, TableTransactionError

from activities.archiving import Ending, end_run
from activities.intake import Admission, intake
from landfall.fno.redaction import LONGEST
from landfall.ledger.file_labels import FileLabel, archived_part, fno_error_file
from landfall.ledger.fitting import KEPT
from landfall.ledger.ledger import Ledger
from landfall.ledger.lists import RunFilter
from landfall.records import LANDED, Action, EntityCounts, Finding, Outcome, Run, Source, State, Step, utc_now
from landfall.services import Services
from landfall.storage.account import DataAccount
from tests.integration.conftest import Drop
from tests.unit.made_packages import package

ENTITY, PROPERTY = 512 * 1024, 32 * 1024
"""The most UTF-16 code units that an Azure table takes."""
TRANSACTION, OVERHEAD = 4 * 1024 * 1024, 2048
"""The most bytes of a transaction as it travels, and what goes with each of its rows."""
COUNT = 2000


@pytest.fixture
def table(account: DataAccount) -> TableClient:
    """A table for one test."""
    return account.tables.create_table(f"t{uuid4().hex}")


def crowded(run: Run, letter: str, label_length: int) -> Run:
    """The run of a package of 2,000 entities that all failed, with every text and list as long as it can be."""
    labels = [f"{number} {letter * label_length}" for number in range(COUNT)]
    name = letter * (900 // len(letter.encode("utf-16-le")) * 2)
    files = {
        fno_error_file(kind, label): f"reports/{run.run_id}/{kind}-{label}.txt"
        for label in labels
        for kind in ("staging-errors", "error-keys")
    }
    own = {str(label): f"reports/{run.run_id}/{label}" for label in FileLabel}
    parts = tuple(Source("landing", f"batch/{number}{name}", '"0x8D"', 2**40, "0" * 64) for number in range(30))
    now = utc_now()
    return replace(
        run,
        company=letter * 5000,
        data_project=letter * 150,
        reason=letter * 1_080_000,
        entities=tuple(EntityCounts(label, 10**9, 10**9, 10**9, 10**9, 10**12) for label in labels),
        files={**files, **own, **{archived_part(part.name): f"archive/{part.name}" for part in parts}},
        parts=parts,
        changes=tuple(letter * 2000 for _ in range(COUNT)),
        history=tuple(Action(now, letter * 300, "ran it again", letter * 500, number) for number in range(COUNT)),
        request_keys={f"{number:x<100}": number for number in range(COUNT)},
        looks=(now,) * 60,
        times={LANDED: now, **{str(state): now for state in State}},
    )


def sizes(table: TableClient) -> list[tuple[int, int]]:
    """The UTF-16 code units of each row and of its longest property."""
    rows = [[len(str(value).encode("utf-16-le")) // 2 for value in row.values()] for row in table.list_entities()]
    return [(sum(row), max(row)) for row in rows]


@pytest.mark.parametrize(("letter", "label_length"), [("x", 60), ("x", 2000), ("ä", 60), ("漢", 1000), ("😀", 300)])
def test_a_run_with_everything_at_its_most_fits(table: TableClient, letter: str, label_length: int) -> None:
    """No row is larger than Azure takes; what it had to leave out is counted, and its own files are all there."""
    ledger = Ledger(table)
    run = ledger.claim(Run(f"imp-{uuid4().hex}", "import", State.CLAIMED, source=Source("landing", "a.zip", '"1"')))
    assert run
    big = ledger.change(run.run_id, 1, lambda row: crowded(row, letter, label_length))

    assert ledger.get(run.run_id) == big == ledger.lists.page(RunFilter(), 1).runs[0]
    assert all(whole < ENTITY and longest < PROPERTY for whole, longest in sizes(table))
    ledger.change(run.run_id, 1, lambda row: replace(row, outcome=Outcome.NEEDS_ATTENTION))
    rows = [dict(row) for row in table.list_entities()]
    assert len(rows) == 4
    assert sum(len(json.dumps(row, default=str)) for row in rows) < TRANSACTION - 4 * OVERHEAD
    assert len(str(big.reason).encode("utf-16-le")) <= 2 * LONGEST
    assert sum(each.failed for each in big.entities) == COUNT * 10**9
    assert {*FileLabel} <= {*big.files}
    assert len([label for label in big.files if label.startswith("archive: ")]) == 30
    assert len(big.history) <= KEPT


def test_the_counts_of_2000_entities_fit(table: TableClient) -> None:
    """With labels as long as F&O's, each entity of the largest package has its counts."""
    ledger = Ledger(table)
    run = ledger.claim(Run(f"imp-{uuid4().hex}", "import", State.CLAIMED, source=Source("landing", "a.zip", '"1"')))
    assert run
    labels = [f"{number} {'x' * 60}" for number in range(COUNT)]
    counts = tuple(EntityCounts(label, 100_000, 50_000, 40_000, 10_000) for label in labels)
    assert ledger.change(run.run_id, 1, lambda row: replace(row, entities=counts)).entities == counts
    for label in labels[:3]:
        ledger.change(run.run_id, 1, lambda row, label=label: replace(row, files={**row.files, label: "reports/x"}))
    assert {*ledger.get(run.run_id).files} == {*labels[:3]}


class NarrowTable:
    """A table that takes rows of fewer characters than it should, and says so as Azure does."""

    def __init__(self, table: TableClient, most: int) -> None:
        self._table = table
        self._most = most

    def submit_transaction(self, operations: list[Any]) -> Any:
        """As TableClient does."""
        if any(len(json.dumps(operation[1], default=str)) > self._most for operation in operations):
            error = TableTransactionError(error=HttpResponseError("0:too large"))
            error.error_code = TableErrorCode.ENTITY_TOO_LARGE
            raise error
        return self._table.submit_transaction(operations)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the table's own."""
        return getattr(self._table, name)


def test_a_refused_row_never_keeps_a_run_from_its_end(services: Services, drop: Drop, table: TableClient) -> None:
    """When the table counts in another way, the row is cut to a tenth, and the run ends as it should."""
    run = drop()
    ledger = Ledger(NarrowTable(table, 200_000))  # type: ignore[arg-type]
    assert ledger.claim(run)
    narrow = replace(services, ledger=ledger)
    ledger.change(run.run_id, 1, lambda row: replace(crowded(row, "x", 60), times=row.times, parts=()))

    finding = Finding(Outcome.REJECTED, "The header has no column NAME.")
    assert end_run(narrow, Ending(run.run_id, 1, finding)) == finding

    row = ledger.get(run.run_id)
    assert (row.state, row.outcome, row.reason) == (State.DONE, Outcome.REJECTED, finding.reason)
    assert sum(each.failed for each in row.entities) == COUNT * 10**9
    receipt = json.loads(services.account.blob(row.files["receipt"]).download_blob().readall())
    assert receipt["reason"] == finding.reason


def test_a_header_of_a_million_characters_is_refused_in_a_sentence(services: Services, drop: Drop) -> None:
    """Intake, row and receipt have the same short reason, and the run ends at once."""
    run = drop(package(data=f"{'X' * 1_080_000}\r\n1\r\n".encode()))
    admission = intake(services, Step(run.run_id))
    assert isinstance(admission, Admission)
    assert admission.refusal
    end_run(services, Ending(run.run_id, 1, admission.refusal))
    row = services.ledger.get(run.run_id)
    assert (row.state, row.outcome) == (State.DONE, Outcome.REJECTED)
    assert str(row.reason).startswith("'Customer groups.csv' has no column GROUPID, NAME, which Manifest.xml maps")
    assert len(str(row.reason)) < 300
    receipt = json.loads(services.account.blob(row.files["receipt"]).download_blob().readall())
    assert receipt["reason"] == row.reason


def test_the_same_long_end_comes_once(services: Services, drop: Drop) -> None:
    """A step that is repeated does not take its own shortened reason for a later end."""
    run = drop()
    ending = Ending(run.run_id, 1, Finding(Outcome.NEEDS_ATTENTION, "F&O said " + "no " * 10_000))
    end_run(services, ending)
    row = services.ledger.get(run.run_id)
    end_run(services, ending)
    assert services.ledger.get(run.run_id) == row
