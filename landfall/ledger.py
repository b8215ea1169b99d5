"""The ledger: one row per run in an Azure Table. Inserting it is the claim; every change of it is conditional."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from landfall.durations import Durations
from landfall.records import Outcome, Run, State, from_json, to_json, utc_now

PARTITION = "run"
PIECE = 16_000
"""Characters of a run's JSON in one property: none needs more than two of UTF-16."""
PIECE_NAME = re.compile(r"Run\d\d")
RUN_ID = re.compile(r"[\w.-]{1,200}")
"""What can be a run's id. Tables answer other keys with errors of many kinds, down to 500."""
MAX_TRIES = 20
"""Two writers of one row are rare and short; more than this means something else is wrong."""


class RunNotFoundError(LookupError):
    """No run of this id was ever claimed."""


class StaleAttemptError(Exception):
    """The step belongs to an attempt that is over: a later one has taken its place."""


class Ledger:
    """Claims, reads and changes runs.

    Rows hold the run as JSON and, beside it, what queries filter on. A property holds at most 32 Ki UTF-16
    characters, less than a run with two hundred entities and their error files needs, so the JSON is cut into as
    many properties as it takes; a row holds half a Mi of them.
    """

    def __init__(self, table: TableClient, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self.durations = Durations(table)
        self._now = now

    def claim(self, run: Run) -> Run | None:
        """Take a new run; None when somebody has it already."""
        claimed = self._stamped(run)
        try:
            self._table.create_entity(_row(claimed))
        except ResourceExistsError:
            return None
        return claimed

    def get(self, run_id: str) -> Run:
        """The run as it stands; RunNotFoundError when there is none."""
        return self._read(run_id)[0]

    def runs(self, limit: int = 100) -> list[Run]:
        """The latest runs, newest claim first."""
        runs = [_run(row) for row in self._table.query_entities(f"PartitionKey eq '{PARTITION}'")]
        newest = sorted(runs, key=lambda run: run.times[State.CLAIMED], reverse=True)
        return newest[:limit]

    def ended(self, kind: str, outcome: Outcome | None) -> list[Run]:
        """All runs of a kind that ended so; None means those that have not ended."""
        query = f"PartitionKey eq '{PARTITION}' and Kind eq '{kind}' and Outcome eq '{outcome or ''}'"
        return [_run(row) for row in self._table.query_entities(query)]

    def under_way(self) -> dict[str, tuple[State, datetime]]:
        """The runs that have not ended: where each stands, and when its row last changed."""
        query = f"PartitionKey eq '{PARTITION}' and Outcome eq ''"
        rows = self._table.query_entities(query, select=["RowKey", "State", "Timestamp"])
        return {
            row["RowKey"]: (State(row["State"]), row.metadata["timestamp"] or self._now()) for row in rows
        }

    def change(self, run_id: str, attempt: int | None, alter: Callable[[Run], Run]) -> Run:
        """Apply a change to the row as it stands, again when another writer was faster.

        `alter` may be called more than once and must only compute. A new state gets its time. Raises
        StaleAttemptError when the row has moved on from the attempt (None means whichever it is at),
        RunNotFoundError when there is no row.
        """
        for _ in range(MAX_TRIES):
            run, etag = self._read(run_id)
            if attempt not in {None, run.attempt}:
                raise StaleAttemptError(f"{run_id}: attempt {attempt} was replaced by attempt {run.attempt}")
            changed = alter(run)
            if changed == run:
                return run
            if changed.state != run.state or changed.attempt != run.attempt:
                changed = self._stamped(changed)
            try:
                self._table.update_entity(
                    _row(changed),
                    mode=UpdateMode.REPLACE,
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                )
            except ResourceModifiedError:
                continue
            return changed
        raise TimeoutError(f"{run_id}: {MAX_TRIES} other writers were faster; try again")

    def move(self, run_id: str, attempt: int, state: State) -> Run:
        """Bring an attempt to a state; what is done stays done."""
        return self.change(run_id, attempt, lambda run: run if run.outcome else replace(run, state=state))

    def _read(self, run_id: str) -> tuple[Run, str]:
        if not RUN_ID.fullmatch(run_id):
            raise RunNotFoundError(f"no run {run_id[:200]}")
        try:
            row = self._table.get_entity(PARTITION, run_id)
        except ResourceNotFoundError:
            raise RunNotFoundError(f"no run {run_id}") from None
        return _run(row), str(row.metadata["etag"])

    def _stamped(self, run: Run) -> Run:
        return replace(
            run, times={**run.times, run.state: run.times.get(run.state, self._now().astimezone(UTC))}
        )


def _row(run: Run) -> dict[str, str | datetime]:
    text = json.dumps(to_json(run), ensure_ascii=False)
    pieces = {f"Run{at // PIECE:02}": text[at : at + PIECE] for at in range(0, len(text), PIECE)}
    return {
        "PartitionKey": PARTITION,
        "RowKey": run.run_id,
        "Kind": run.kind,
        "State": run.state,
        "Outcome": run.outcome or "",
        **pieces,
    }


def _run(row: TableEntity) -> Run:
    pieces = sorted(name for name in row if PIECE_NAME.fullmatch(name))
    return from_json(Run, json.loads("".join(row[name] for name in pieces)))
