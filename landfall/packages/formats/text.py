"""Delimited text: read one record at a time, and converted to the form that F&O needs."""

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, repeat
from typing import IO

from landfall.packages.archives import RefusedPackageError
from landfall.packages.formats.raw_files import NamedColumns, Pieces, RawFile, Wrapped, map_columns
from landfall.packages.formats.rows import MAX_FIELD, Line, UnreadableRowsError, check_has_rows, check_width, upper_case
from landfall.packages.manifest import Dialect

csv.field_size_limit(MAX_FIELD)
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
DELIMITERS = {",": "commas", ";": "semicolons", "|": "pipes", "\t": "tabs"}
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""A first line by which Excel's users tell it the delimiter."""
PIECE = 1 << 20
"""Characters converted at once."""
MARKED = {
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8 with a byte order mark"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16, big-endian"),
}
"""By its byte order mark: the encoding of a file, and its name in a receipt."""
NAMES = {"utf-8": "UTF-8", "utf-16-le": "UTF-16"}
"""The encodings that F&O reads, and their names in a receipt."""


def records(lines: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Generator[Line, None, None]:
    """The records in lines of text, and the line that each starts on; raises UnreadableRowsError.

    `strict` refuses quotation marks that the rules of text qualifiers do not allow.
    """
    start, length = 1, 0

    def bounded() -> Iterator[str]:
        nonlocal length
        for line in lines:
            length += len(line)
            if length > MAX_FIELD:
                raise csv.Error(f"the record is longer than {MAX_FIELD} characters; check its quotation marks")
            yield line

    reader = csv.reader(bounded(), delimiter=dialect.delimiter, quotechar=dialect.qualifier, strict=strict)
    try:
        for cells in reader:
            check_width(cells, start)
            yield start, cells
            start, length = reader.line_num + 1, 0
    except (csv.Error, UnicodeError) as error:
        raise UnreadableRowsError(f"line {start}: {error}") from None


def open_text(content: IO[bytes], encoding: str = "utf-8") -> io.TextIOWrapper:
    """A file as text, by its byte order mark, and without one in the encoding; invalid bytes are kept."""
    buffered = io.BufferedReader(content)  # type: ignore[type-var]
    if buffered.peek(3)[:3].startswith(UTF16_MARKS):
        return io.TextIOWrapper(buffered, "utf-16", newline="")
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(buffered, codec, errors="surrogateescape", newline="")


def bounded_lines(text: io.TextIOBase) -> Iterator[str]:
    """The lines of text; raises csv.Error for one that is too long."""
    while line := text.readline(MAX_FIELD):
        if len(line) == MAX_FIELD:
            raise csv.Error(f"the line is longer than {MAX_FIELD} characters")
        yield line


def has_other_ends(text: io.TextIOBase) -> bool:
    """Whether text has line breaks other than CR LF, be it inside values."""
    held = ""
    while piece := text.read(PIECE):
        piece = held + piece  # a CR LF may lie across two pieces
        held = "\r" if piece.endswith("\r") else ""
        pairs = piece.count("\r\n")
        if piece.count("\n") != pairs or piece.count("\r") != pairs + len(held):
            return True
    return bool(held)


def convert(raw: RawFile, content: IO[bytes], target: Dialect) -> Pieces:
    """Raw text in the target dialect, with CR LF line ends.

    Raises RefusedPackageError, or UnreadableRowsError, for text that must not be sent.
    """
    lines = _RawLines(raw, content)
    said = SEPARATOR_LINE.fullmatch(lines.first.rstrip("\r\n"))
    if said:
        lines.skip()
    delimiter = raw.delimiter or (said and said[1]) or _find_delimiter(lines.first, target.delimiter)
    rows = records(lines, Dialect(delimiter), strict=True)
    _, header = next(rows, (0, []))
    lines.end_record()
    mapping, named = map_columns(raw, header), NamedColumns(raw, header)
    written = header = [*named.keep(header, 1)]
    if raw.mapping is None:
        mapping, written = {field: field for field in mapping}, upper_case(header)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=target.delimiter, quotechar=target.qualifier, lineterminator="\r\n")
    if target.encoding == "utf-16-le":
        yield codecs.BOM_UTF16_LE
    writer.writerow(written)
    has_rows, blank = False, 0
    for line, cells in rows:
        lines.end_record()
        if not any(cells):
            blank += 1  # kept between rows, so that rows keep their lines; left out at the end
            continue
        has_rows = True
        for row in chain(repeat([], blank), [named.keep(cells, line)]):
            writer.writerow(row)
            if out.tell() > PIECE:
                yield _take(raw, out, target.encoding)
        blank = 0
    yield _take(raw, out, target.encoding)
    check_has_rows(raw.name, has_rows=has_rows)
    changes = [
        *lines.changes(NAMES.get(target.encoding, target.encoding.upper())),
        *([f"its first line, {said[0]}, was left out, so each line has a number less by one"] if said else []),
        *_delimiter_change(delimiter, target.delimiter),
        *(["columns without a name were left out"] if named.nameless else []),
        *(["column names were written in upper case"] if written != header else []),
        *([f"{blank} blank lines at the end were left out"] if blank else []),
    ]
    return Wrapped(mapping, changes=tuple(changes))


class _RawLines:
    """The lines of a raw file as text; `changes` is complete once all of them are read."""

    def __init__(self, raw: RawFile, content: IO[bytes]) -> None:
        buffered = io.BufferedReader(content)  # type: ignore[type-var]
        start = buffered.peek(3)[:3]
        marked = next((known for mark, known in MARKED.items() if start.startswith(mark)), None)
        codec, self._encoding = marked or (raw.encoding or "utf-8", (raw.encoding or "utf-8").upper())
        self._name = raw.name
        self._text = io.TextIOWrapper(buffered, codec, newline="")
        self._other_ends = False
        self._number = 0
        self.first = self._line = self._next()

    def __iter__(self) -> Iterator[str]:
        while self._line:
            yield self._line
            self._line = self._next()

    def skip(self) -> None:
        """Leave out the first line."""
        self.first = self._line = self._next()

    def end_record(self) -> None:
        """Note how the last line read ends, since it ends a record; line breaks inside values do not count."""
        self._other_ends |= self._line.endswith(("\r", "\n")) and not self._line.endswith("\r\n")

    def changes(self, encoding: str) -> list[str]:
        """How the encoding and the line ends change on the way to what F&O needs."""
        changes = [] if self._encoding == encoding else [f"the encoding {self._encoding} became {encoding}"]
        return changes + (["line ends became CR LF"] if self._other_ends else [])

    def _next(self) -> str:
        self._number += 1
        try:
            line = self._text.readline(MAX_FIELD)
        except UnicodeError:
            raise RefusedPackageError(
                f"{self._name!r} is not valid {self._encoding} near line {self._number}. "
                "Set the file's encoding in its route, for example encoding: windows-1252."
            ) from None
        if len(line) == MAX_FIELD:
            raise RefusedPackageError(
                f"Line {self._number} of {self._name!r} is longer than {MAX_FIELD} characters. "
                "Check the file's line ends and quotation marks."
            )
        return line


def _take(raw: RawFile, out: io.StringIO, encoding: str) -> bytes:
    try:
        piece = out.getvalue().encode(encoding)
    except UnicodeEncodeError as error:
        raise RefusedPackageError(
            f"{raw.name!r} has the character {error.object[error.start]!r}, which {encoding.upper()}, the encoding that F&O "
            f"reads {raw.source_format} in, does not have. Replace it, or change the data source in F&O."
        ) from None
    out.seek(0)
    out.truncate()
    return piece


def _delimiter_change(found: str, target: str) -> list[str]:
    return [] if found == target else [f"{DELIMITERS.get(found, found)} became {DELIMITERS.get(target, target)}"]


def _find_delimiter(header: str, usual: str) -> str:
    """The delimiter that the header contains most often: names of columns contain none."""
    found = max(DELIMITERS, key=header.count)
    return found if found in header else usual
