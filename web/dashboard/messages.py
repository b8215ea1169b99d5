"""The rejected rows of errors.csv, grouped by what F&O says of them."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    examples: list[dict[str, str]] = field(default_factory=list)

    @property
    def message(self) -> str:
        """The message, with three dots for quotes in which the rows differ."""
        return "".join(self.pieces)

    def add(self, row: dict[str, str], pieces: list[str]) -> None:
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


def messages(beginning: bytes, *, whole: bool) -> Messages:
    """Group the rows of errors.csv, of which a bounded beginning was read.

    Where that is not the whole file, its last row may be cut and is left out.
    """
    text = beginning.decode("utf-8-sig", errors="ignore")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), restval=""))
    read = rows if whole else rows[:-1]
    groups = sorted(_grouped(read), key=lambda each: -each.rows)
    return Messages(tuple(groups[:GROUPS]), len(read), whole and len(groups) <= GROUPS)


def _grouped(rows: Iterable[dict[str, str]]) -> Iterable[Group]:
    groups: dict[tuple[str, ...], Group] = {}
    for row in rows:
        pieces = QUOTE.split(row["message"])
        key = (row["entity"], row["stage"], *pieces[::2])
        groups.setdefault(key, Group(row["entity"], row["stage"], pieces)).add(row, pieces)
    return groups.values()
