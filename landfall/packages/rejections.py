"""Joins the rows that F&O refused with what it said about them, on disk: memory does not grow with their number.

For each entity the records of F&O's error files are taken, looked for among the package's rows, and settled; then
messages are joined to rows.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from landfall.fno.messages import Message
from landfall.packages import rejection_sql as sql
from landfall.packages.matching import canonical, folded, quoted, readable

Stage = Literal["staging", "target"]
"""Where a row was refused: on its way into staging, or from there to the target."""
NO_MESSAGE = "F&O gave no message for this row"


@dataclass(frozen=True)
class PlacedRow:
    """A row of a data file: its place in the order of rows, its line, its values by staging field."""

    place: int
    line: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Rejection:
    """A line of errors.csv: a refused row and one message about it, or a message that names no row.

    `entity` is the entity's number in the manifest; `line` is None for a record that the data file does not hold.
    """

    entity: int | None
    line: int | None
    key: str
    field: str
    message: str
    stage: str
    values: Mapping[str, str]


class Rejections:
    """A temporary database of refused rows; `close` it."""

    def __init__(self) -> None:
        # Without a name it is a file that only SQLite knows, gone when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(sql.TABLES)
        self._fields: set[str] = set()

    def close(self) -> None:
        """Let go of the disk space."""
        self._db.close()

    def take_failed(self, entity: int, stage: Stage, rows: Iterable[Mapping[str, str]]) -> None:
        """Note the records of one of F&O's files: whole rows that staging refused, keys of those the target did."""
        with self._at_once():
            for row in rows:
                fields = sorted(row)
                self._fields |= row.keys()
                cells = [row[each] for each in fields]
                # A row that did not reach staging has no key yet, so its first value stands for it.
                key = "|".join(row.values()) if stage == "target" else next(iter(row.values()), "")
                told = (_json(fields), _json(cells), _mark(cells), readable(key), _json(dict(row)))
                self._db.execute(sql.ADD_FAILED, (entity, stage, *told))

    def look_through(self, rows: Iterable[PlacedRow], entity: int) -> None:
        """Look for an entity's failed records among the rows of its data file; without any no row is asked for."""
        shapes = [(shape, json.loads(shape)) for (shape,) in self._db.execute(sql.SHAPES, (entity,))]
        with self._at_once():
            for row in rows if shapes else ():
                for shape, fields in shapes:
                    self._add_candidates(entity, row, shape, [row.values.get(each, "") for each in fields])

    def settle(self, entity: int) -> None:
        """Decide which of the rows that were found are the failed ones, each once.

        Values that are as F&O wrote them outweigh those that only mean the same. Of equal rows that staging refused
        some of, the last ones count: it takes the first. A record that was not found is noted without a line.
        """
        with self._at_once():
            for stage, settle in (("staging", sql.SETTLE_STAGING), ("target", sql.SETTLE_TARGET)):
                self._db.execute(settle, {"entity": entity, "stage": stage})
            self._db.execute(sql.SETTLE_LOST, {"entity": entity})
            self._db.execute("DELETE FROM candidate")

    def join(self, messages: Iterable[Message]) -> None:
        """Tell each message to its row.

        F&O names neither entity nor key with a message, only the id of a staging record. So a record's messages go
        to the row that they describe: its value quoted, or else its field empty. Where several rows are described
        alike, and as many records are about them, they go in order; so do those that describe no row, when as many
        are left as rows: both are in the order of staging.
        """
        with self._at_once():
            self._db.execute(sql.NUMBER_ROWS)
            spoken_of = self._take_messages(messages)
            for refusal, values in self._db.execute("SELECT id, vals FROM refusal"):
                for name, value in json.loads(values).items():
                    if name.upper() in spoken_of:
                        mark = _mark((name.upper(), folded(value)))
                        self._db.execute(sql.ADD_HOLDS, {"mark": mark, "refusal": refusal})
            self._pair_off(strong=True)
            self._db.execute(sql.TELL_ONLY_ROW, {"strong": True})
            self._pair_off(strong=False)
            self._db.execute(sql.TELL_LEFT)

    def lines(self) -> Iterator[Rejection]:
        """The lines of errors.csv: the rows of each entity in the file's order, then messages that name no row."""
        for entity, line, key, stage, values, about, text in self._db.execute(sql.LINES):
            told = NO_MESSAGE if text is None else text
            yield Rejection(entity, line, key, about or "", told, stage, json.loads(values))
        for about, text in self._db.execute(sql.LEFT_OVER):
            yield Rejection(None, None, "", about, text, "", {})

    def places(self, entity: int) -> Iterator[int]:
        """The places of an entity's refused rows, in order."""
        return (place for (place,) in self._db.execute(sql.PLACES, (entity,)))

    def counts(self) -> dict[int, tuple[int, int]]:
        """By entity: how many rows were refused, and how many of them the data file holds."""
        return {entity: (rows, found) for entity, rows, found in self._db.execute(sql.COUNTS)}

    def _add_candidates(self, entity: int, row: PlacedRow, shape: str, cells: Sequence[str]) -> None:
        for failed, told in self._db.execute(sql.FIND, (entity, _mark(cells), shape)).fetchall():
            exact = told == _json(cells)
            # The mark is a hash: what it finds is compared.
            if exact or [*map(canonical, json.loads(told))] == [*map(canonical, cells)]:
                self._fields |= row.values.keys()
                found = (failed, row.place, row.line, not exact, _json(dict(row.values)))
                self._db.execute(sql.ADD_CANDIDATE, found)

    def _take_messages(self, messages: Iterable[Message]) -> set[str]:
        """Note the messages and what they quote; the fields that they speak of.

        Messages of one staging record belong together; one without a record (its id is empty or 0) stands alone.
        """
        fields = {folded(name): name.upper() for name in self._fields}
        spoken_of: set[str] = set()
        record, last = 0, ""
        for each in messages:
            named = each.record.strip("0")
            record += not named or each.record != last
            last = each.record if named else ""
            self._db.execute(sql.ADD_MESSAGE, (record, readable(each.field), readable(each.text)))
            said = quoted(each.text)
            about = {each.field.upper()} if each.field else {fields[one] for one in said & fields.keys()}
            spoken_of |= about
            for name in about:
                for value in said - {""}:
                    self._db.execute(sql.ADD_HINT, (_mark((name, value)), True, record))
            if each.field:
                self._db.execute(sql.ADD_HINT, (_mark((each.field.upper(), "")), False, record))
        return spoken_of

    def _pair_off(self, *, strong: bool) -> None:
        """Pair records with rows wherever as many of both have a value in common, the certain ones first."""
        before = -1
        while before != self._db.total_changes:
            before = self._db.total_changes
            self._db.execute(sql.PAIR_CERTAIN, {"strong": strong})
            if before == self._db.total_changes:
                for (mark,) in self._db.execute(sql.BALANCED, {"strong": strong}).fetchall():
                    self._db.execute(sql.PAIR, {"strong": strong, "mark": mark})

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")


def _mark(values: Iterable[str]) -> int:
    return hash(tuple(map(canonical, values)))


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))
