"""The rejected rows of errors.csv, grouped by what F&O says of them."""

import re
from dataclasses import dataclass, field

from web.error_pages import ErrorPage, RejectedRow

EXAMPLES = 5
"""Rows named per message; who wants all opens errors.csv."""
QUOTE = re.compile(r"('[^']*')")
DIFFERENT = "'…'"
GROUPS = 100
"""Messages shown: where every row has its own, a page of them all would help nobody."""


@dataclass
class Group:
    """Rows of one entity with one message, whatever it quotes: how many, and the first as errors.csv has them."""

    entity: str
    stage: str
    pieces: list[str]
    """The message, cut at its quotes: every other piece is what it quotes."""
    rows: int = 0
    examples: list[RejectedRow] = field(default_factory=list)

    @property
    def message(self) -> str:
        """The message, with three dots for quotes in which the rows differ."""
        return "".join(self.pieces)

    @property
    def differs(self) -> bool:
        """Whether each row's own message says more than the group's."""
        return DIFFERENT in self.pieces

    def add(self, row: RejectedRow, pieces: list[str]) -> None:
        """Count a row in."""
        self.rows += 1
        self.pieces = [
            mine if mine == other else DIFFERENT for mine, other in zip(self.pieces, pieces, strict=True)
        ]
        if len(self.examples) < EXAMPLES:
            self.examples.append(row)


@dataclass(frozen=True)
class Messages:
    """The groups, most rows first; how many rows were read, and whether these were all of the file."""

    groups: tuple[Group, ...]
    rows: int
    whole: bool


def messages(read: ErrorPage) -> Messages:
    """Group the rows of errors.csv, of which a bounded beginning was read."""
    groups: dict[tuple[str, ...], Group] = {}
    for row in read.rows:
        pieces = QUOTE.split(row.message)
        key = (row.entity, row.stage, *pieces[::2])
        groups.setdefault(key, Group(row.entity, row.stage, pieces)).add(row, pieces)
    found = sorted(groups.values(), key=lambda each: -each.rows)
    return Messages(tuple(found[:GROUPS]), len(read.rows), read.next is None and len(found) <= GROUPS)
