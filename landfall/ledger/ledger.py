"""The ledger: a row per run in an Azure table. Inserting the row claims the run; every change of it is conditional."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableErrorCode, TableTransactionError, UpdateMode

from landfall.ledger.circuits import Circuits
from landfall.ledger.contents import Contents
from landfall.ledger.durations import Durations
from landfall.ledger.expected import ExpectedFiles
from landfall.ledger.fitting import fit
from landfall.ledger.lane_log import LaneLog
from landfall.ledger.lists import RunLists
from landfall.ledger.requests import Requests
from landfall.ledger.rows import PARTITION, index_rows, own_row, run_of
from landfall.ledger.sweeps import Sweeps
from landfall.ledger.untold import Untold
from landfall.records import Outcome, Run, State, utc_now
from landfall.telemetry import StateChanged, emit

RUN_ID = re.compile(r"[\w.-]{1,200}")
"""A valid run id. Tables answer other keys with many kinds of errors, even 500."""
LISTED, FAILURES_LISTED = "built", "built with open failures"
"""The keys of rows that say that all runs are in the lists, and that open failures are in theirs."""
OLD_INDEX = "failed:"
"""The beginning of the keys of the failures' index of earlier releases."""
OLD_FAILURES = (
    f"PartitionKey eq '{PARTITION}' and ((RowKey ge '{OLD_INDEX}' and RowKey lt 'failed;') or "
    f"(RowKey ge 'open:' and RowKey lt 'open;' and Outcome eq '{Outcome.NEEDS_ATTENTION}'))"
)
"""A query for the rows by which those releases list failures."""
MAX_TRIES = 20
"""Writers rarely collide. More tries than this mean that something else is wrong."""


REFUSED_SHARE = 0.1
"""How much of a row a run may take whose write was refused as too large: the table counts in another way then."""
TOO_LARGE = {
    TableErrorCode.ENTITY_TOO_LARGE,
    TableErrorCode.PROPERTY_VALUE_TOO_LARGE,
    TableErrorCode.REQUEST_BODY_TOO_LARGE,
}


class RunNotFoundError(LookupError):
    """There is no run with this id."""


class StaleAttemptError(Exception):
    """The change belongs to an attempt that a later one has replaced."""


class Ledger:
    """Claims, reads and changes runs. `lists` finds runs; the other attributes hold state beside them."""

    def __init__(self, table: TableClient, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self.circuits = Circuits(table, now)
        self.contents = Contents(table)
        self.durations = Durations(table)
        self.expected = ExpectedFiles(table)
        self.lists = RunLists(table)
        self.lane_log = LaneLog(table)
        self.requests = Requests(table, now)
        self.sweeps = Sweeps(table)
        self.untold = Untold(table)
        self._now = now

    def claim(self, run: Run) -> Run | None:
        """Insert a new run; None when a run with its id exists already."""
        claimed = fit(self._with_time(run))
        indexed = [("upsert", row, {"mode": UpdateMode.REPLACE}) for row in index_rows(claimed).values()]
        try:
            self._table.submit_transaction([("create", own_row(claimed)), *indexed])
        except TableTransactionError as error:
            if error.status_code == HTTPStatus.CONFLICT:
                return None
            raise
        emit(StateChanged.of(claimed, None))
        return claimed

    def claim_or_get(self, run: Run) -> Run:
        """The run as inserted now, or as it stands when it was claimed before."""
        return self.claim(run) or self.get(run.run_id)

    def get(self, run_id: str) -> Run:
        """The run as it stands; raises RunNotFoundError."""
        return self._read(run_id)[0]

    def has_export_before(self, run: Run) -> bool:
        """Whether the export ran for the company before this slot. Ids of slots sort by time."""
        first = f"exp-{run.export}-{run.company}-"
        query = f"PartitionKey eq '{PARTITION}' and RowKey ge '{first}' and RowKey lt '{run.run_id}'"
        return next(iter(self._table.query_entities(query, select=["RowKey"])), None) is not None

    def under_way(self) -> dict[str, tuple[State, datetime]]:
        """The runs that have not ended: the state of each, and when its row last changed, by run id."""
        found = self.lists.under_way()
        return {run_id: (state, changed or self._now()) for run_id, (state, changed) in found.items()}

    def change(self, run_id: str, attempt: int | None, alter: Callable[[Run], Run]) -> Run:
        """Change a run and return it; when another writer was faster, the change is applied to what that one wrote.

        `alter` may be called more than once and must have no effects. A new state gets its time. Raises
        RunNotFoundError, and StaleAttemptError when the run is at another attempt (None: any attempt will do).
        """
        for _ in range(MAX_TRIES):
            run, etag = self._read(run_id)
            if attempt not in {None, run.attempt}:
                raise StaleAttemptError(f"{run_id}: attempt {attempt} was replaced by attempt {run.attempt}")
            changed = alter(run)
            if changed == run:
                return run
            if changed.state != run.state or changed.attempt != run.attempt:
                changed = self._with_time(changed)
            changed = fit(changed)
            if changed == run:  # what was added does not fit
                return run
            if written := self._replace(run, etag, changed):
                changed = written
                if _status(changed) != _status(run):
                    emit(StateChanged.of(changed, run))
                return changed
        raise TimeoutError(f"{run_id} could not be changed: {MAX_TRIES} times another writer was faster. Try again.")

    def move(self, run_id: str, attempt: int, state: State) -> Run:
        """Set the state of an attempt and return the run; a run that has ended stays as it is."""
        return self.change(run_id, attempt, lambda run: run if run.outcome else replace(run, state=state))

    def build_lists(self) -> None:
        """Add index rows for runs of releases that had others. Done once; after a crash it starts again."""
        built = {row["RowKey"] for row in self._table.query_entities("PartitionKey eq 'lists'", select=["RowKey"])}
        if LISTED not in built:
            for row in self._table.query_entities(f"PartitionKey eq '{PARTITION}'"):
                if RUN_ID.fullmatch(row["RowKey"]):
                    run = run_of(row)
                    self._replace(run, str(row.metadata["etag"]), run)  # a faster writer adds them too
        elif FAILURES_LISTED not in built:
            for row in self._table.query_entities(OLD_FAILURES, select=["PartitionKey", "RowKey", "RunId"]):
                run, etag = self._read(row["RunId"])
                self._replace(run, etag, run)
                if row["RowKey"].startswith(OLD_INDEX):
                    self._table.delete_entity(row)
        for each in {LISTED, FAILURES_LISTED} - built:
            self._table.upsert_entity({"PartitionKey": "lists", "RowKey": each})

    def _read(self, run_id: str) -> tuple[Run, str]:
        if not RUN_ID.fullmatch(run_id):
            raise RunNotFoundError(f"There is no run {run_id[:200]}.")
        try:
            row = self._table.get_entity(PARTITION, run_id)
        except ResourceNotFoundError:
            raise RunNotFoundError(f"There is no run {run_id}.") from None
        return run_of(row), str(row.metadata["etag"])

    def _replace(self, run: Run, etag: str, changed: Run) -> Run | None:
        """Write the changed run and its index rows, and return it as written; None when another writer was faster.

        A run that the table refuses as too large is written with shorter lists, because it could not end otherwise.
        """
        indexed, indexed_before = index_rows(changed), index_rows(run)
        conditions = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
        writes: list[Any] = [("update", own_row(changed), conditions)]
        writes += [("upsert", row, {"mode": UpdateMode.REPLACE}) for row in indexed.values()]
        deletes = [("delete", row) for key, row in indexed_before.items() if key not in indexed]
        try:
            self._submit(writes, deletes)
        except TableTransactionError as error:
            if error.status_code == HTTPStatus.PRECONDITION_FAILED:
                return None
            smaller = fit(changed, REFUSED_SHARE)
            if getattr(error, "error_code", None) not in TOO_LARGE or smaller == changed:
                raise
            return self._replace(run, etag, smaller)
        return changed

    def _submit(self, writes: list[Any], deletes: list[Any]) -> None:
        try:
            self._table.submit_transaction([*writes, *deletes])
        except TableTransactionError as error:
            if not deletes or error.status_code != HTTPStatus.NOT_FOUND:
                raise
            # A release with fewer indexes has written the run, so not all of these rows are there.
            self._table.submit_transaction(writes)
            for _, row in deletes:
                self._table.delete_entity(row)

    def _with_time(self, run: Run) -> Run:
        return replace(run, times={**run.times, run.state: run.times.get(run.state, self._now().astimezone(UTC))})


def _status(run: Run) -> tuple[object, ...]:
    """What the log tells of a run when it changes."""
    return run.state, run.attempt, run.outcome, run.dealt_with
