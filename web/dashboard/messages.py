"""The rejected rows of errors.csv, grouped by F&O's message."""

import re
from dataclasses import dataclass, field

from web.error_pages import ErrorPage, RejectedRow

EXAMPLES = 5
"""Rows shown for each message; errors.csv has all."""
QUOTE = re.compile(r"('[^']*')")
DIFFERENT = "'…'"
GROUPS = 100
"""Messages shown at most, because every row may have its own."""


@dataclass
class Group:
    """The rows of one entity with one message, apart from what it quotes: their number and the first of them."""

    entity: str
    stage: str
    pieces: list[str]
    """The message, split at its quotes: every other piece is a quote."""
    rows: int = 0
    examples: list[RejectedRow] = field(default_factory=list)

    @property
    def message(self) -> str:
        """The message, with an ellipsis for each quote in which the rows differ."""
        return "".join(self.pieces)

    @property
    def differs(self) -> bool:
        """Whether the rows' own messages say more than the group's."""
        return DIFFERENT in self.pieces

    def add(self, row: RejectedRow, pieces: list[str]) -> None:
        """Add a row."""
        self.rows += 1
        self.pieces = [mine if mine == other else DIFFERENT for mine, other in zip(self.pieces, pieces, strict=True)]
        if len(self.examples) < EXAMPLES:
            self.examples.append(row)


@dataclass(frozen=True)
class Messages:
    """The groups, the largest first; `rows` is how many rows were read, `whole` whether everything is shown."""

    groups: tuple[Group, ...]
    rows: int
    whole: bool


def messages(read: ErrorPage) -> Messages:
    """The rows of a page of errors.csv, grouped."""
    groups: dict[tuple[str, ...], Group] = {}
    for row in read.rows:
        pieces = QUOTE.split(row.message)
        key = (row.entity, row.stage, *pieces[::2])
        groups.setdefault(key, Group(row.entity, row.stage, pieces)).add(row, pieces)
    found = sorted(groups.values(), key=lambda each: -each.rows)
    return Messages(tuple(found[:GROUPS]), len(read.rows), read.next is None and len(found) <= GROUPS)
