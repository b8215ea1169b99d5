"""errors.csv a page at a time: from the byte at which the page before ended, whatever the size of the file."""

import csv
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from landfall.ledger.lists import NO_SUCH_PAGE, PageTokenError
from landfall.packages.errors_csv import COLUMNS, STARTS_FORMULA
from landfall.packages.formats.rows import MAX_FIELD
from landfall.storage.files import open_ranged
from landfall.storage.pinned import Pinned

csv.field_size_limit(MAX_FIELD)


@dataclass(frozen=True)
class RejectedRow:
    """A row that F&O refused, and one of the messages about it; without a line where F&O names no row.

    `line` is that of the dropped file, `values` are those of the row, by column.
    """

    entity: str
    line: int | None
    key: str
    field: str
    message: str
    stage: str
    values: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class ErrorPage:
    """Some rejected rows in the order of errors.csv, and the token that brings the next ones."""

    rows: tuple[RejectedRow, ...] = ()
    next: str | None = None


def read_errors(file: Pinned, limit: int, token: str | None = None) -> ErrorPage:
    """The rows after the token's page; raises PageTokenError for a token of somebody's own making."""
    with open_ranged(file.blob, size=file.size, etag=file.etag) as content:
        lines = _Lines(content)
        header = next(csv.reader(lines), [])
        if token is not None:
            lines.go_to(_place(token, lines.at, file.size))
        rows = []
        try:
            for cells in csv.reader(lines):
                rows.append(_row(header, cells))
                if len(rows) == limit:
                    break
        except csv.Error:
            raise PageTokenError(NO_SUCH_PAGE) from None
        return ErrorPage(tuple(rows), str(lines.at) if lines.at < file.size else None)


class _Lines:
    """The lines of a file as text, with the byte at which the next one starts."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.at = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._content.readline()
        if not line:
            raise StopIteration
        self.at += len(line)
        return line.decode("utf-8-sig", "replace")

    def go_to(self, place: int) -> None:
        self._content.seek(place)
        self.at = place


def _place(token: str, first: int, size: int) -> int:
    place = int(token) if token.isascii() and token.isdigit() and len(token) < 20 else -1  # noqa: PLR2004  of 64 bits
    if not first <= place < size:
        raise PageTokenError(NO_SUCH_PAGE)
    return place


def _row(header: list[str], cells: list[str]) -> RejectedRow:
    told = [_undefused(cell) for cell in cells] + [""] * (len(COLUMNS) - len(cells))
    entity, line, key, column, message, stage = told[: len(COLUMNS)]
    names = zip(header[len(COLUMNS) :], told[len(COLUMNS) :], strict=False)
    values = {name: value for name, value in names if value}
    return RejectedRow(entity, int(line) if line.isdecimal() else None, key, column, message, stage, values)


def _undefused(cell: str) -> str:
    """Without the apostrophe that keeps spreadsheets from running it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(STARTS_FORMULA) else cell
