"""Joins F&O's messages with the refused rows that they belong to, in the database of landfall.packages.rejections.

With a message, F&O names neither entity nor key, only the id of a staging record. So a record's messages belong to the
row that they describe: the only one that has the value or the length which they tell, or else the only one whose field
is empty. What describes several rows alike belongs to them if it is the same for all. The order tells nothing
(fno-behaviour 9.14).
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import product, starmap

from landfall.fno.messages import Message
from landfall.packages import joining_sql as sql
from landfall.packages.clues import Clue, Statement, clues_of
from landfall.packages.matching import canonical, fold, readable

TOLD, EMPTY, ANYWHERE = range(3)
"""How much a clue is worth: a value or a length in a field, an empty field, a value or a length in any field."""
STAGED, UNKNOWN = "target", ""
"""The rows that a message can be about: one with a staging record's id is about a row that reached staging."""
FEW = 100
"""The most messages that can be about a single row."""


class Joining:
    """One execution's messages and rows; `fields` are the staging fields of the rows."""

    def __init__(self, db: sqlite3.Connection, fields: Iterable[str]) -> None:
        self._db = db
        self._fields = {fold(name): name.upper() for name in fields}
        self._about: set[str] = set()
        self._stages: set[str] = set()

    def join(self, messages: Iterable[Message], *, complete: bool) -> None:
        """Join what belongs together; `complete` says that no other rows were refused.

        Then messages and rows that are left over are joined as well, where they can only belong together: rows with the
        only message that is left, and messages with the only row.
        """
        self._take(messages)
        for refusal, stage, values in self._db.execute(sql.ROWS):
            self._hold(refusal, {stage, UNKNOWN} & self._stages, values)
        self._pair_all()
        # Nobody has published that rows which failed before staging have no id (fno-behaviour 9.7).
        for refusal, values in self._db.execute(sql.NOT_STAGED):
            self._hold(refusal, {STAGED}, values)
        self._pair_all()
        if complete:
            self._join_only_message(STAGED)
            self._join_only_message(UNKNOWN)
            self._join_only_row()

    def _take(self, messages: Iterable[Message]) -> None:
        """Store the messages and their clues.

        Messages of one staging record belong together. One without a record, whose id is empty or 0, is on its own.
        """
        record, kind, last = 0, 0, ""
        for each in messages:
            named = each.record.strip("0")
            if not named or each.record != last:
                record, kind = record + 1, 0
            last = each.record if named else ""
            kind, stage = hash((kind, each.field, each.text)), STAGED if named else UNKNOWN
            self._stages.add(stage)
            self._db.execute(sql.ADD_MESSAGE, (record, readable(each.field), readable(each.text)))
            self._db.execute(sql.ADD_RECORD, (record, kind, stage))
            said = Statement(each, self._fields)
            self._about |= said.fields or {""}
            for clue in said.clues():
                self._hint(record, stage, clue, TOLD if clue.field else ANYWHERE)
            for clue in said.empty_clues():
                self._hint(record, stage, clue, EMPTY)

    def _hint(self, record: int, stage: str, clue: Clue, worth: int) -> None:
        self._db.execute(sql.ADD_HINT, (mark_of((stage, *clue)), worth, record))

    def _hold(self, refusal: int, stages: Iterable[str], values: str) -> None:
        """Store which of the messages' clues a row holds."""
        for name, value in json.loads(values).items():
            for field in {name.upper(), ""} & self._about:
                for stage, clue in product(stages, clues_of(field, value)):
                    self._db.execute(sql.ADD_HOLDS, {"mark": mark_of((stage, *clue)), "refusal": refusal})

    def _pair_all(self) -> None:
        self._pair_off(TOLD)
        self._db.execute(sql.MATCH_ONLY_ROW, {"worth": TOLD})
        self._pair_off(EMPTY)
        self._pair_off(ANYWHERE)

    def _pair_off(self, worth: int) -> None:
        """Match records with rows where equally many of both share a clue: one each, or several that say the same."""
        before = -1
        while before != self._db.total_changes:
            before = self._db.total_changes
            self._db.execute(sql.PAIR_CERTAIN, {"worth": worth})
            if before == self._db.total_changes:
                for (mark,) in self._db.execute(sql.BALANCED, {"worth": worth}).fetchall():
                    self._db.execute(sql.PAIR, {"worth": worth, "mark": mark})

    def _join_only_message(self, stage: str) -> None:
        """Join the rows that have no message with the only one that is left, unless it contradicts them.

        A message is about rows of one entity, so rows of several get it only where each has a record of its own.
        """
        left = self._db.execute(sql.LEFT_KINDS, {"stage": stage}).fetchall()
        if len(left) != 1:
            return
        ((first, records),) = left
        said = self._statements(first)
        self._db.execute("DELETE FROM fitting")
        for refusal, values in self._db.execute(sql.LEFT_ROWS, {"stage": stage}):
            if not contradict(said, json.loads(values)):
                self._db.execute("INSERT INTO fitting (refusal) VALUES (?)", (refusal,))
        ((rows, entities),) = self._db.execute(sql.COUNT_FITTING)
        if rows <= records or entities == 1:
            self._db.execute(sql.JOIN_FITTING, {"stage": stage, "records": records})

    def _join_only_row(self) -> None:
        """Join the messages that have no row with the only one that is left, unless they are about several records."""
        rows = self._db.execute(f"{sql.LEFT_ROWS} LIMIT 2", {"stage": UNKNOWN}).fetchall()
        records = self._db.execute(f"{sql.LEFT_RECORDS} LIMIT {FEW + 1}").fetchall()
        if len(rows) != 1 or len(records) > FEW or sum(stage == STAGED for _, stage in records) > 1:
            return
        ((refusal, values),) = rows
        for record, _ in records:
            if not contradict(self._statements(record), json.loads(values)):
                self._db.execute(sql.JOIN, (record, refusal))

    def _statements(self, record: int) -> list[Statement]:
        found = starmap(Message, self._db.execute(sql.MESSAGES_OF, (record,)))
        return [Statement(message, self._fields) for message in found]


def contradict(said: Iterable[Statement], row: Mapping[str, str]) -> bool:
    """Whether one of the statements cannot be about the row."""
    return any(each.contradicts(row) for each in said)


def mark_of(values: Iterable[str]) -> int:
    """A number for values that mean the same, by which they are found again within this process."""
    return hash(tuple(map(canonical, values)))
