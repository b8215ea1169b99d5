"""Matches the rows that F&O rejected with its messages about them, on disk, in memory that does not grow.

For each entity, call `take_failed` with the records of F&O's error files, `look_through` with the package's rows, and
`settle`. Then `join` the messages and read the results.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from landfall.fno.messages import Message
from landfall.packages import rejection_sql as sql
from landfall.packages.formats.rows import Row
from landfall.packages.matching import canonical, fold, quotations, readable

Stage = Literal["staging", "target"]
"""Where F&O rejected a row: on its way into staging, or from staging to the target."""
QUOTED, MEASURED, EMPTY = 3, 2, 1
"""What a message says of its row: a value, the length of a value, or only a field, which is empty in the row."""
LENGTH = "\0"
"""Before a length, so that it is no value."""
NUMBER = re.compile(r"\b[1-9][0-9]{0,8}\b")
LONGEST_ID = 19
"""Digits of record ids that fit into SQLite's integers."""
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


class Rejections:
    """A temporary database of rejected rows; the caller has to `close` it."""

    def __init__(self) -> None:
        # A database without a name is a temporary file, which SQLite deletes when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(sql.TABLES)
        self._fields: set[str] = set()
        self.joined = 0
        """How many messages `join` gave to rows only because no others were left."""

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
                record = (_json(fields), _json(cells), _mark(cells), readable(key), _json(dict(row)))
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
        these are the last ones, since it takes the first. A record that was not found is stored without a line.
        """
        with self._transaction():
            for stage, settle in (("staging", sql.SETTLE_STAGING), ("target", sql.SETTLE_TARGET)):
                self._db.execute(settle, {"entity": entity, "stage": stage})
            self._db.execute(sql.SETTLE_LOST, {"entity": entity})
            self._db.execute("DELETE FROM candidate")

    def join(self, messages: Iterable[Message]) -> None:
        """Match each message with its row.

        With a message, F&O names neither entity nor key, only the id of a staging record. So a record's messages
        belong to the row that they describe: they quote its value, else say how long it is, else name a field that is
        empty in it. If they describe several rows alike, and as many records do so, both are matched in order.
        `_join_left` matches those that describe no row.
        """
        with self._transaction():
            self._db.execute(sql.NUMBER_ROWS)
            fields_named = self._take_messages(messages)
            for refusal, values in self._db.execute("SELECT id, vals FROM refusal"):
                for name, value in json.loads(values).items():
                    if name.upper() in fields_named:
                        for held in (fold(value), f"{LENGTH}{len(value)}"):
                            mark = _mark((name.upper(), held))
                            self._db.execute(sql.ADD_HOLDS, {"mark": mark, "refusal": refusal})
            self._pair_off(QUOTED)
            self._db.execute(sql.MATCH_ONLY_ROW, {"evidence": QUOTED})
            self._pair_off(MEASURED)
            self._pair_off(EMPTY)
            self._join_left()

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

    def unexplained(self) -> int:
        """The number of rejected rows that no message surely belongs to."""
        return int(self._db.execute(sql.UNEXPLAINED).fetchone()[0])

    def counts(self) -> dict[int, tuple[int, int]]:
        """By entity: the number of rejected rows, and how many of them are in the data file."""
        return {entity: (rows, found) for entity, rows, found in self._db.execute(sql.COUNTS)}

    def _add_candidates(self, entity: int, row: Row, shape: str, cells: Sequence[str]) -> None:
        for failed, record in self._db.execute(sql.FIND, (entity, _mark(cells), shape)).fetchall():
            exact = record == _json(cells)
            # The mark is only a hash, so the values are compared too.
            if exact or [*map(canonical, json.loads(record))] == [*map(canonical, cells)]:
                self._fields |= row.values.keys()
                found = (failed, row.position, row.line, not exact, _json(row.values))
                self._db.execute(sql.ADD_CANDIDATE, found)

    def _take_messages(self, messages: Iterable[Message]) -> set[str]:
        """Store the messages and their quotations; returns the fields that they are about.

        Messages of one staging record belong together. One without a record, whose id is empty or 0, is on its own.
        """
        fields = {fold(name): name.upper() for name in self._fields}
        fields_named: set[str] = set()
        record, last = 0, ""
        for each in messages:
            named = each.record.strip("0")
            record += not named or each.record != last
            last = each.record if named else ""
            staged = int(named) if named.isdecimal() and len(named) < LONGEST_ID else bool(named)
            self._db.execute(sql.ADD_MESSAGE, (record, readable(each.field), readable(each.text), staged))
            quotes = quotations(each.text)
            about = {each.field.upper()} if each.field else {fields[one] for one in quotes & fields.keys()}
            fields_named |= about
            for name in about:
                for value in quotes - {""}:
                    self._db.execute(sql.ADD_HINT, (_mark((name, value)), QUOTED, record))
                if numbers := NUMBER.findall(each.text):
                    # A value that is too long is longer than what the message says is allowed.
                    longest = max(numbers, key=int)
                    self._db.execute(sql.ADD_HINT, (_mark((name, f"{LENGTH}{longest}")), MEASURED, record))
            if each.field:
                self._db.execute(sql.ADD_HINT, (_mark((each.field.upper(), "")), EMPTY, record))
        return fields_named

    def _join_left(self) -> None:
        """Match rows without a message with messages without a row, where no other pairs are possible.

        A message of a staging record belongs to a row that the target refused, and one without to a row that staging
        refused. If both are equally many, of one entity, they are in the same order: staging records in the order of
        the data file, rows that staging refused in the order of F&O's file of them. Otherwise, only equal messages, or
        the only one, can be matched without a guess.
        """
        before = self._db.total_changes
        for staged in (0, 1, None):
            rows, entities, records, texts = self._db.execute(sql.LEFT, {"staged": staged}).fetchone()
            in_order = staged is not None and entities == 1
            if rows == records and (in_order or texts == 1):
                self._db.execute(sql.MATCH_LEFT, {"staged": staged})
        self.joined = self._db.total_changes - before

    def _pair_off(self, evidence: int) -> None:
        """Match records with rows where equally many of both share a value, beginning with one of each."""
        before = -1
        while before != self._db.total_changes:
            before = self._db.total_changes
            self._db.execute(sql.PAIR_CERTAIN, {"evidence": evidence})
            if before == self._db.total_changes:
                for (mark,) in self._db.execute(sql.BALANCED, {"evidence": evidence}).fetchall():
                    self._db.execute(sql.PAIR, {"evidence": evidence, "mark": mark})

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")


def _mark(values: Iterable[str]) -> int:
    return hash(tuple(map(canonical, values)))


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))
