"""Brings a raw file to what its source format needs: delimiter, line ends, encoding, mark; in bounded memory.

Each function gives the data file in pieces and returns, once all are taken, what became known on the way. What must
not be sent is raised as RefusedPackageError, at the latest with the last piece.
"""

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO

from landfall.packages.archives import RefusedPackageError
from landfall.packages.delimited import (
    MAX_FIELD,
    TEXT_FORMATS,
    UNICODE,
    UnreadableRowsError,
    records,
    upper_case,
)
from landfall.packages.raw_files import Pieces, RawFile, Wrapped, check_rows, map_columns, not_there
from landfall.packages.workbooks import EXCEL, IN_MEMORY, LONGEST_SHEET_NAME, sheet_lines, sheet_names
from landfall.packages.xml_records import XML_FORMATS, read_records

DELIMITERS = {",": "commas", ";": "semicolons", "|": "pipes", "\t": "tabs"}
PIECE = 1 << 20
MARKS = {
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8 with a byte order mark"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16, big-endian"),
}
FNO_UNICODE = "UTF-16"
FNO_TEXT = "UTF-8"


def wrap(raw: RawFile, content: IO[bytes]) -> Pieces:
    """The data file that a raw file becomes."""
    kind = raw.source_format.upper()
    try:
        if kind in TEXT_FORMATS:
            return (yield from _text(raw, content))
        if kind in XML_FORMATS:
            return (yield from _xml(raw, content))
        if kind == EXCEL:
            return (yield from _workbook(raw, content))
    except UnreadableRowsError as error:
        raise RefusedPackageError(f"{raw.name} is no {raw.source_format}: {error}") from None
    raise RefusedPackageError(f"{raw.name}: files of the format {raw.source_format} are not wrapped")


def _text(raw: RawFile, content: IO[bytes]) -> Pieces:
    target = TEXT_FORMATS[raw.source_format.upper()]
    encoding = "utf-16-le" if raw.source_format.upper() == UNICODE else "utf-8"
    lines = _Lines(raw, content)
    delimiter = raw.delimiter or _delimiter(lines.first, target)
    rows = records(lines, delimiter, strict=True)
    _, header = next(rows, (0, []))
    lines.end_record()
    columns = map_columns(raw, header)
    written = header if raw.columns is not None else [name.strip().upper() for name in header]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=target, lineterminator="\r\n")
    if encoding == "utf-16-le":
        yield codecs.BOM_UTF16_LE
    writer.writerow(written)
    has_rows, blank = False, 0
    for _, cells in rows:
        lines.end_record()
        if not any(cells):
            # Kept between rows, so that lines keep their numbers; left out at the end.
            blank += 1
            continue
        has_rows = True
        if blank:
            writer.writerows([[]] * blank)
            blank = 0
        writer.writerow(cells)
        if out.tell() > PIECE:
            yield _taken(out, encoding)
    yield _taken(out, encoding)
    check_rows(raw, has_rows=has_rows)
    changes = [
        *lines.changes(FNO_UNICODE if encoding == "utf-16-le" else FNO_TEXT),
        *([f"{DELIMITERS[delimiter]} became {DELIMITERS[target]}"] if delimiter != target else []),
        *(["column names were written in upper case"] if written != header else []),
        *([f"{blank} blank lines at the end were left out"] if blank else []),
    ]
    return Wrapped(columns, changes=tuple(changes))


class _Lines:
    """The file's lines as text; how they were encoded and how they ended is known when all are read."""

    def __init__(self, raw: RawFile, content: IO[bytes]) -> None:
        buffered = io.BufferedReader(content)  # type: ignore[type-var]
        start = buffered.peek(3)[:3]
        found = next((told for mark, told in MARKS.items() if start.startswith(mark)), None)
        codec, self._encoding = found or (raw.encoding or "utf-8", (raw.encoding or FNO_TEXT).upper())
        self._name = raw.name
        self._text = io.TextIOWrapper(buffered, codec, newline="")
        self._other_ends = False
        self._number = 0
        self.first = self._line = self._next()

    def __iter__(self) -> Iterator[str]:
        while self._line:
            yield self._line
            self._line = self._next()

    def end_record(self) -> None:
        """The line that was taken last ends a record; line breaks inside values are no line ends."""
        self._other_ends |= self._line.endswith(("\r", "\n")) and not self._line.endswith("\r\n")

    def changes(self, wanted: str) -> list[str]:
        """What is changed about encoding and line ends when they become what F&O wants."""
        said = [] if self._encoding == wanted else [f"the encoding {self._encoding} became {wanted}"]
        return said + (["line ends became CR LF"] if self._other_ends else [])

    def _next(self) -> str:
        self._number += 1
        try:
            line = self._text.readline(MAX_FIELD)
        except UnicodeError:
            raise RefusedPackageError(
                f"{self._name} is not {self._encoding} (near line {self._number}): "
                "say in its route which encoding it has, like encoding: windows-1252"
            ) from None
        if len(line) == MAX_FIELD:
            raise RefusedPackageError(
                f"line {self._number} of {self._name} is longer than {MAX_FIELD} characters"
            )
        return line


def _taken(out: io.StringIO, encoding: str) -> bytes:
    piece = out.getvalue().encode(encoding)
    out.seek(0)
    out.truncate()
    return piece


def _delimiter(header: str, usual: str) -> str:
    """Names of columns hold none of the delimiters, so the one that stands there most often is it."""
    found = max(DELIMITERS, key=header.count)
    return found if found in header else usual


def _xml(raw: RawFile, content: IO[bytes]) -> Pieces:
    """As it is: whatever reads XML reads every encoding of it."""
    copy = _Copied(content)
    names: dict[str, None] = {}
    has_rows = False
    for record in read_records(copy):  # type: ignore[arg-type]
        has_rows = True
        names.update(dict.fromkeys(record.fields))
        if record.records > 1 and raw.columns is None:
            raise RefusedPackageError(f"{raw.name} holds a composite entity, whose route needs a template")
        yield copy.taken()
    yield copy.taken()
    check_rows(raw, has_rows=has_rows)
    if raw.columns is None:
        return Wrapped(map_columns(raw, list(names)))
    if raw.columns and not {*upper_case(raw.columns)} & {*upper_case(names)}:
        raise RefusedPackageError(not_there(raw, list(names), list(raw.columns)))
    return Wrapped(dict(raw.columns))


class _Copied:
    """Keeps what is read from a file until it is taken."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._kept: list[bytes] = []

    def read(self, size: int) -> bytes:
        piece = self._content.read(size)
        self._kept.append(piece)
        return piece

    def taken(self) -> bytes:
        kept, self._kept = b"".join(self._kept), []
        return kept


def _workbook(raw: RawFile, content: IO[bytes]) -> Pieces:
    """As it is; a template's sheet that the workbook does not have gives way to the workbook's first."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as book:
        shutil.copyfileobj(content, book)
        names = sheet_names(book)
        cut = [name[:LONGEST_SHEET_NAME] for name in names]
        wanted = raw.sheet.removesuffix("$")
        sheet = wanted if wanted in cut else cut[0]
        book.seek(0)
        lines = sheet_lines(book, sheet)
        _, header = next(lines, (0, []))
        columns = map_columns(raw, header)
        check_rows(raw, has_rows=any(any(cells) for _, cells in lines))
        lines.close()
        book.seek(0)
        while piece := book.read(PIECE):
            yield piece
    changes = (f"the sheet {sheet} took the place of {wanted}",) if wanted not in {"", sheet} else ()
    return Wrapped(columns, f"{sheet}$", changes)
