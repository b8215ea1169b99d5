"""Lists of runs, the newest first, one page at a time."""

import base64
import binascii
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient, TableEntity

from landfall.ledger.rows import OPEN_FAILURE, PARTITION, Index, first_key, milliseconds, run_of
from landfall.records import FAILURES, LANDED, Outcome, Run, State, lane_of

MAX_ROUNDS = 5
"""Requests for one page. A filter that matches few rows would otherwise read the whole table for it."""
BAD_REQUEST = 400
NO_SUCH_PAGE = "there is no such page: pass as next only the value of next in an earlier page"


class PageTokenError(ValueError):
    """The token was not made by an earlier page."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs a list shows: those that match every field that is set.

    `in_flight` selects runs that have not ended, `open_failure` those that ended and that somebody has to deal with.
    `file` is the full name in `landing`. `since` (included) and `until` (excluded) refer to the claim.
    """

    in_flight: bool | None = None
    open_failure: bool | None = None
    state: State | None = None
    outcome: Outcome | None = None
    kind: Literal["import", "export"] | None = None
    route: str | None = None
    export: str | None = None
    company: str | None = None
    data_project: str | None = None
    file: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Some runs, and the token for the next page where there may be more. A short page need not be the last."""

    runs: tuple[Run, ...]
    next: str | None = None


class RunLists:
    """Reads the index rows; see landfall.ledger.rows."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def page(self, wanted: RunFilter, limit: int, token: str | None = None) -> Page:
        """The page after the one that brought the token, by default the first; PageTokenError for an invalid token."""
        index = _index(wanted)
        query, values = _conditions(wanted)
        query = f"{_between(index, wanted.since, wanted.until)}{query}"
        position: Any = _position(token)  # a dict, whatever the SDK's annotations say
        rows: list[TableEntity] = []
        for _ in range(MAX_ROUNDS):
            found = self._table.query_entities(query, parameters=values, results_per_page=limit - len(rows))
            pages: Any = found.by_page(position)
            try:
                rows.extend(next(pages, ()))
            except HttpResponseError as error:
                if token and error.status_code == BAD_REQUEST:
                    raise PageTokenError(NO_SUCH_PAGE) from None
                raise
            position = pages.continuation_token
            if position is None or len(rows) >= limit:
                break
        return Page(tuple(run_of(row) for row in rows), _token(position))

    def open_runs(self, wanted: RunFilter) -> Iterator[Run]:
        """The matching runs that have not ended or need attention."""
        query, values = _conditions(wanted)
        rows = self._table.query_entities(f"{_between(Index.OPEN)}{query}", parameters=values)
        return (run_of(row) for row in rows)

    def under_way(self) -> dict[str, tuple[State, datetime | None]]:
        """The runs that have not ended: the state of each, and when its rows last changed, by run id."""
        rows = self._table.query_entities(
            f"{_between(Index.OPEN)} and Outcome eq ''", select=["RunId", "State", "Timestamp"]
        )
        return {row["RunId"]: (State(row["State"]), row.metadata["timestamp"]) for row in rows}

    def waiting(self) -> dict[str, str]:
        """The runs that wait for their turn: the lane of each, by run id."""
        query = f"{_between(Index.OPEN)} and State eq '{State.WAITING}'"
        return {row["RunId"]: row["Lane"] for row in self._table.query_entities(query, select=["RunId", "Lane"])}

    def open_states(self) -> Iterator[tuple[State, Outcome | None, str]]:
        """State, outcome and lane of each run that has not ended or needs attention."""
        for row in self._table.query_entities(_between(Index.OPEN), select=["State", "Outcome", "Lane"]):
            yield State(row["State"]), Outcome(row["Outcome"]) if row["Outcome"] else None, row["Lane"]

    def count_failures(self, limit: int) -> int:
        """How many failures nobody has dealt with; counts no further than the limit."""
        rows = self._table.query_entities(_between(Index.FAILURE), select=["RowKey"])
        return sum(1 for _ in islice(rows, limit))

    def unfinished(self, routes: Collection[str], company: str, landed_before: datetime) -> Iterator[Run]:
        """The imports of these routes and this company that landed before a moment, and are under way or open failures.

        Runs in Claimed or Intake may have no route yet. They are there too, with `route` None, whatever their company.
        Reads only these two lists, however many runs there were.
        """
        moving = f"{_between(Index.OPEN)} and Outcome eq '' and (Company eq @company or Name eq '')"
        failed = f"{_between(Index.FAILURE)} and Company eq @company"
        for query in (moving, failed):
            for row in self._table.query_entities(f"{query} and Kind eq 'import'", parameters={"company": company}):
                run = run_of(row)
                if run.times[LANDED] < landed_before and (run.route is None or run.route in routes):
                    yield run


def _index(wanted: RunFilter) -> Index:
    """The smallest index with all runs that match."""
    if wanted.open_failure:
        return Index.FAILURE
    attention = wanted.outcome == Outcome.NEEDS_ATTENTION
    moving = wanted.state not in {None, State.DONE}
    return Index.OPEN if wanted.in_flight or attention or moving else Index.LATEST


def _between(index: Index, since: datetime | None = None, until: datetime | None = None) -> str:
    """A query for the keys of an index from `since` (included) to `until` (excluded)."""
    # The row key comes first: Azurite tests every row, and this condition rules most of them out.
    first = first_key(index, milliseconds(until) - 1) if until else f"{index}:"
    beyond = first_key(index, milliseconds(since) - 1) if since else f"{index};"
    return f"RowKey ge '{first}' and RowKey lt '{beyond}' and PartitionKey eq '{PARTITION}'"


def _conditions(wanted: RunFilter) -> tuple[str, dict[str, str]]:
    columns = {
        "State": wanted.state,
        "Outcome": "" if wanted.in_flight else wanted.outcome,
        "Kind": ("import" if wanted.route else "export" if wanted.export else None) or wanted.kind,
        "Name": wanted.route or wanted.export,
        "Company": wanted.company,
        "Lane": lane_of(wanted.data_project) if wanted.data_project else None,
        "File": wanted.file,
        "Failure": OPEN_FAILURE if wanted.open_failure else None,
    }
    values = {column: str(value) for column, value in columns.items() if value is not None}
    query = "".join(f" and {column} eq @{column}" for column in values)
    if wanted.in_flight is False:
        query += " and Outcome ne ''"
    if wanted.open_failure is False:  # rows of earlier releases have no column Failure, unless they are of failures
        ended_well = " and ".join(f"Outcome ne '{each}'" for each in sorted(FAILURES))
        query += f" and (Failure eq '' or ({ended_well}))"
    return query, values


def _token(position: Any) -> str | None:
    if not position:
        return None
    return base64.urlsafe_b64encode(json.dumps([position["PartitionKey"], position["RowKey"]]).encode()).decode()


def _position(token: str | None) -> dict[str, str] | None:
    if token is None:
        return None
    try:
        partition, row = json.loads(base64.urlsafe_b64decode(token.encode()))
        for key in (partition, row):
            key.encode()  # JSON can hold half a surrogate pair, which no key and no request can
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        raise PageTokenError(NO_SUCH_PAGE) from None
    return {"PartitionKey": partition, "RowKey": row}
