"""A run as rows of the ledger's table: its own row, which holds the whole run, and the index rows that lists read.

A table sorts by its keys only, and a run's own key is its id. So index rows hold copies of the run under keys that
begin with an inverted time, which sorts the newest first. All rows of a run lie in one partition and are written in
one transaction: when a process dies, either all of them are written or none.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from landfall.ledger.fitting import text_of
from landfall.records import Outcome, Run, State, from_json

PARTITION = "run"
PIECE = 16_000
"""Characters of a run's JSON in one property; each takes at most two UTF-16 code units."""
PIECE_NAME = re.compile(r"Run\d\d")
LAST_MILLISECOND = 10**13 - 1
"""In the year 2286. Times are subtracted from it, so that the newest sorts first."""
OPEN_FAILURE = "open"
"""In the column Failure of a failure that nobody has dealt with; it is empty for other runs."""


class Index(StrEnum):
    """An index: the first part of its rows' keys. The colon behind it tells these keys from run ids."""

    LATEST = "latest"
    """All runs, by when they were claimed."""
    OPEN = "open"
    """Runs that have not ended or need attention, by when they were claimed."""
    FAILURE = "failure"
    """Failures that nobody has dealt with, by when they were claimed."""


def own_row(run: Run) -> dict[str, Any]:
    """The run's own row.

    A property holds at most 32 Ki UTF-16 code units, and a run with two hundred entities and their error files needs
    more. So the run's JSON is cut into several properties; see landfall.ledger.fitting for how many.
    """
    text = text_of(run)
    pieces = {f"Run{at // PIECE:02}": text[at : at + PIECE] for at in range(0, len(text), PIECE)}
    return {"PartitionKey": PARTITION, "RowKey": run.run_id, **pieces}


def run_of(row: Mapping[str, Any]) -> Run:
    """The run that a row holds."""
    pieces = sorted(name for name in row if PIECE_NAME.fullmatch(name))
    return from_json(Run, json.loads("".join(row[name] for name in pieces)))


def index_rows(run: Run) -> dict[str, dict[str, Any]]:
    """The run's index rows, by row key: the columns that lists filter by, and the whole run."""
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
        "Failure": OPEN_FAILURE if run.is_open_failure else "",
    }
    claimed = run.times.get(State.CLAIMED) or min(run.times.values())
    indexes = [Index.LATEST]
    if run.outcome in {None, Outcome.NEEDS_ATTENTION}:
        indexes.append(Index.OPEN)
    if run.is_open_failure:
        indexes.append(Index.FAILURE)
    keys = [index_key(index, claimed, run.run_id) for index in indexes]
    return {key: {**own, **columns, "RowKey": key} for key in keys}


def index_key(index: Index, moment: datetime, run_id: str) -> str:
    """The row key of a run in an index; later moments sort first."""
    return f"{first_key(index, milliseconds(moment))}:{run_id}"


def first_key(index: Index, milliseconds: int) -> str:
    """The lowest key this index can hold for that millisecond; earlier milliseconds sort behind it."""
    return f"{index}:{LAST_MILLISECOND - max(milliseconds, 0):013}"


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, limited to what `first_key` can express."""
    return min(max(int(moment.timestamp() * 1000), 0), LAST_MILLISECOND)
