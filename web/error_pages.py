"""Reads errors.csv a page at a time, from the byte at which the page before ended, so its size does not matter."""

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
PAGE_BYTES = 4 * 1024 * 1024
"""Of errors.csv, after which a page ends: rows have the values of a file from outside, and a page is held in memory."""


@dataclass(frozen=True)
class RejectedRow:
    """A row that F&O refused, and one of the messages about it.

    `line` is the line in the dropped file, None if F&O names no row. `values` has the row's values by column.
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
    """Some rejected rows in the order of errors.csv, and the token of the next page."""

    rows: tuple[RejectedRow, ...] = ()
    next: str | None = None


def read_errors(file: Pinned, limit: int, token: str | None = None) -> ErrorPage:
    """The rows that follow the token's page, at most `limit` and fewer of long ones.

    Raises PageTokenError for a token that no page has given.
    """
    with open_ranged(file.blob, size=file.size, etag=file.etag) as content:
        lines = _Lines(content)
        header = next(csv.reader(lines), [])
        if token is not None:
            lines.go_to(_offset(token, lines.at, file.size))
        rows, start = [], lines.at
        try:
            for cells in csv.reader(lines):
                rows.append(_row(header, cells))
                if len(rows) == limit or lines.at - start > PAGE_BYTES:
                    break
        except csv.Error:
            raise PageTokenError(NO_SUCH_PAGE) from None
        return ErrorPage(tuple(rows), str(lines.at) if lines.at < file.size else None)


class _Lines:
    """The lines of a file as text; `at` is the byte at which the next one starts."""

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

    def go_to(self, offset: int) -> None:
        self._content.seek(offset)
        self.at = offset


def _offset(token: str, first: int, size: int) -> int:
    offset = int(token) if token.isascii() and token.isdigit() and len(token) < 20 else -1  # noqa: PLR2004  of 64 bits
    if not first <= offset < size:
        raise PageTokenError(NO_SUCH_PAGE)
    return offset


def _row(header: list[str], cells: list[str]) -> RejectedRow:
    texts = [_unescape(cell) for cell in cells] + [""] * (len(COLUMNS) - len(cells))
    entity, line, key, column, message, stage = texts[: len(COLUMNS)]
    names = zip(header[len(COLUMNS) :], texts[len(COLUMNS) :], strict=False)
    values = {name: value for name, value in names if value}
    return RejectedRow(entity, int(line) if line.isdecimal() else None, key, column, message, stage, values)


def _unescape(cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from running it as a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(STARTS_FORMULA) else cell
