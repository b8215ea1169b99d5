"""A run as rows of the ledger's table: its own, which holds it whole, and those that lists are read from.

A table is sorted by nothing but its keys, and a run's own key is its id. So beside it stand copies whose keys
begin with a time turned round, the newest first. All of a run's rows lie in one partition, and one transaction
writes them: wherever a process dies, either all of them are written or none.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from landfall.records import Outcome, Run, State, from_json, to_json

PARTITION = "run"
PIECE = 16_000
"""Characters of a run's JSON in one property: none needs more than two of UTF-16."""
PIECE_NAME = re.compile(r"Run\d\d")
LAST_MILLISECOND = 10**13 - 1
"""Of the year 2286: what times are subtracted from, so that the newest sorts first."""
FAILED = frozenset({Outcome.FAILED, Outcome.PARTIALLY_SUCCEEDED, Outcome.REJECTED})
"""Ends of which a person wants to know that they were many today."""


class Index(StrEnum):
    """What lists are read from: the first part of a row's key, apart from run ids by the colon behind it."""

    LATEST = "latest"
    """Every run, by when it was claimed."""
    OPEN = "open"
    """Runs that have not ended, and those that a person must look at; by when they were claimed."""
    FAILED = "failed"
    """Runs that failed, by when they ended."""


def own_row(run: Run) -> dict[str, Any]:
    """The row that is the run.

    A property holds at most 32 Ki UTF-16 characters, less than a run with two hundred entities and their error files
    needs, so its JSON is cut into as many properties as it takes; a row holds half a Mi of them.
    """
    text = json.dumps(to_json(run), ensure_ascii=False)
    pieces = {f"Run{at // PIECE:02}": text[at : at + PIECE] for at in range(0, len(text), PIECE)}
    return {"PartitionKey": PARTITION, "RowKey": run.run_id, **pieces}


def run_of(row: Mapping[str, Any]) -> Run:
    """The run of its own row."""
    pieces = sorted(name for name in row if PIECE_NAME.fullmatch(name))
    return from_json(Run, json.loads("".join(row[name] for name in pieces)))


def index_rows(run: Run) -> dict[str, dict[str, Any]]:
    """The rows for lists, by key: what lists are filtered by, and the run where a list shows it."""
    own = own_row(run)
    columns = {
        "RunId": run.run_id,
        "Kind": run.kind,
        "State": run.state,
        "Outcome": run.outcome or "",
        "Name": run.route or run.export or "",
        "Company": run.company or "",
        "Lane": run.lane,
        "File": run.source.name if run.source else "",
    }
    claimed = run.times.get(State.CLAIMED) or min(run.times.values())
    rows = {index_key(Index.LATEST, claimed, run.run_id): {**own, **columns}}
    if run.outcome in {None, Outcome.NEEDS_ATTENTION}:
        rows[index_key(Index.OPEN, claimed, run.run_id)] = {**own, **columns}
    if run.outcome in FAILED:
        failed = index_key(Index.FAILED, run.times.get(State.DONE, claimed), run.run_id)
        rows[failed] = {"PartitionKey": PARTITION, **columns}
    return {key: {**row, "RowKey": key} for key, row in rows.items()}


def index_key(index: Index, moment: datetime, run_id: str) -> str:
    """A key that sorts before those of earlier moments."""
    return f"{first_key(index, milliseconds(moment))}:{run_id}"


def first_key(index: Index, milliseconds: int) -> str:
    """What no key of this millisecond, and of those before it, sorts before."""
    return f"{index}:{LAST_MILLISECOND - max(milliseconds, 0):013}"


def milliseconds(moment: datetime) -> int:
    """Since 1970, which is early enough for every run."""
    return min(max(int(moment.timestamp() * 1000), 0), LAST_MILLISECOND)
