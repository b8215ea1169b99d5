"""Matches the rows that F&O rejected with its messages about them, on disk, in memory that does not grow.

For each entity, call `take_failed` with the records of F&O's error files, `look_through` with the package's rows, and
`settle`. Then `join` the messages and read the results.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple

from landfall.fno.messages import Message
from landfall.packages import joining_sql
from landfall.packages import rejection_sql as sql
from landfall.packages.formats.rows import Row
from landfall.packages.joining import Joining, mark_of
from landfall.packages.matching import canonical, readable

Stage = Literal["staging", "target"]
"""Where F&O rejected a row: on its way into staging, or from staging to the target."""
NO_MESSAGE = "F&O gave no message for this row"


@dataclass(frozen=True)
class Rejection:
    """A line of errors.csv: a rejected row and one message about it, or a message that belongs to no known row.

    `entity` is the entity's number in the manifest. `line` is None for a record that is not in the data file.
    """

    entity: int | None
    line: int | None
    key: str
    field: str
    message: str
    stage: str
    values: Mapping[str, str]


class Left(NamedTuple):
    """How many rows have no message and how many messages no row, and how many rows have one that was left over."""

    rows: int
    messages: int
    joined: int


class Rejections:
    """A temporary database of rejected rows; the caller has to `close` it."""

    def __init__(self) -> None:
        # A database without a name is a temporary file, which SQLite deletes when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(sql.TABLES + joining_sql.TABLES)
        self._fields: set[str] = set()

    def close(self) -> None:
        """Free the disk space."""
        self._db.close()

    def take_failed(self, entity: int, stage: Stage, rows: Iterable[Mapping[str, str]]) -> None:
        """Store the records of one of F&O's error files: whole rows for staging, keys for the target."""
        with self._transaction():
            for row in rows:
                fields = sorted(row)
                self._fields |= row.keys()
                cells = [row[each] for each in fields]
                # A row that did not reach staging has no key yet, so its first value serves as one.
                key = "|".join(row.values()) if stage == "target" else next(iter(row.values()), "")
                record = (_json(fields), _json(cells), mark_of(cells), readable(key), _json(dict(row)), not any(cells))
                self._db.execute(sql.ADD_FAILED, (entity, stage, *record))

    def look_through(self, rows: Iterable[Row], entity: int) -> None:
        """Look for an entity's failed records among the rows of its data file; reads no row if there are none."""
        shapes = [(shape, json.loads(shape)) for (shape,) in self._db.execute(sql.SHAPES, (entity,))]
        with self._transaction():
            for row in rows if shapes else ():
                for shape, fields in shapes:
                    self._add_candidates(entity, row, shape, [row.values.get(each, "") for each in fields])

    def settle(self, entity: int) -> None:
        """Decide which of the found rows are the failed ones.

        Values equal to F&O's win over values that only mean the same. If staging rejected some of several equal rows,
        these are the last ones, since it takes the first. Of the rows with a key that the target rejected, those
        without any value count only if there is no other. A record that was not found is stored without a line, unless
        it has no value either: then it was only a blank line.
        """
        with self._transaction():
            for stage, settle in (("staging", sql.SETTLE_STAGING), ("target", sql.SETTLE_TARGET)):
                self._db.execute(settle, {"entity": entity, "stage": stage})
            self._db.execute(sql.SETTLE_LOST, {"entity": entity})
            self._db.execute("DELETE FROM candidate")

    def join(self, messages: Iterable[Message], refused: int = 0) -> None:
        """Match each message with its row; `refused` is how many rows F&O refused, if that is known."""
        with self._transaction():
            listed = self._db.execute(sql.NUMBER_ROWS).rowcount
            Joining(self._db, self._fields).join(messages, complete=listed >= refused)

    def lines(self) -> Iterator[Rejection]:
        """The lines of errors.csv: each entity's rows in the file's order, then the messages without a row."""
        for entity, line, key, stage, values, about, text in self._db.execute(sql.LINES):
            message = NO_MESSAGE if text is None else text
            yield Rejection(entity, line, key, about or "", message, stage, json.loads(values))
        for about, text in self._db.execute(sql.LEFT_OVER):
            yield Rejection(None, None, "", about, text, "", {})

    def positions(self, entity: int) -> Iterator[int]:
        """The positions of an entity's rejected rows, in ascending order."""
        return (position for (position,) in self._db.execute(sql.POSITIONS, (entity,)))

    def left(self) -> Left:
        """What has no counterpart."""
        return Left(*self._db.execute(sql.LEFT).fetchone())

    def counts(self) -> dict[int, tuple[int, int]]:
        """By entity: the number of rejected rows, and how many of them are in the data file."""
        return {entity: (rows, found) for entity, rows, found in self._db.execute(sql.COUNTS)}

    def _add_candidates(self, entity: int, row: Row, shape: str, cells: Sequence[str]) -> None:
        for failed, record in self._db.execute(sql.FIND, (entity, mark_of(cells), shape)).fetchall():
            wanted = json.loads(record)
            # The mark is only a hash, so the values are compared too.
            likenesses = (_written, _compared, canonical)
            alike = (vague for vague, form in enumerate(likenesses) if [*map(form, wanted)] == [*map(form, cells)])
            if (vague := next(alike, None)) is not None:
                self._fields |= row.values.keys()
                found = (failed, row.position, row.line, vague, not row.records, _json(row.values))
                self._db.execute(sql.ADD_CANDIDATE, found)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")


def _written(value: str) -> str:
    return value


def _compared(value: str) -> str:
    """A value as SQL Server compares it: regardless of case and of space at its end."""
    return value.rstrip(" ").casefold()


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))
