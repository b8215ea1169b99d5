"""Formats of delimited text: CSV, CSV-Unicode and Tab-delimited."""

import codecs
import heapq
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import IO

from landfall.packages.archives import RefusedPackageError
from landfall.packages.formats.raw_files import Pieces, RawFile
from landfall.packages.formats.rows import Line, Table, Wanted
from landfall.packages.formats.text import (
    DELIMITERS,
    UTF16_MARKS,
    bounded_lines,
    convert,
    has_other_ends,
    open_text,
    records,
)
from landfall.packages.manifest import Dialect, PackageEntity

MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF8, "utf-8"))
START = 4096
"""Bytes that show an encoding: a NUL among them means UTF-16."""


class Delimited(Table):
    """A format of delimited text, which F&O reads in this dialect."""

    options = frozenset({"delimiter", "encoding"})

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def lines(self, content: IO[bytes], _: PackageEntity) -> Generator[Line, None, None]:
        """The records of the file."""
        with self._open(content) as text:
            yield from records(bounded_lines(text), self.dialect)

    def is_record(self, cells: Sequence[str]) -> bool:
        """Whether F&O may take a row for a record: a blank line is none, and a row of empty values may be one."""
        return bool(cells)

    def check(self, open_file: Callable[[], IO[bytes]], entity: PackageEntity) -> None:
        """Check the encoding and all line ends as well (fno-behaviour 2.9, 2.10)."""
        file, kind = entity.file, entity.source_format
        with open_file() as content:
            start = content.read(START)
        if not self.dialect.encoding.startswith("utf-16"):
            if start.startswith(UTF16_MARKS) or b"\0" in start:
                raise RefusedPackageError(
                    f"{file!r} is UTF-16, which F&O does not read as {kind}. "
                    f"Save it as {self.dialect.encoding.upper()}, or set its format to CSV-Unicode in Manifest.xml."
                )
        elif not start.startswith(codecs.BOM_UTF16_LE):
            raise RefusedPackageError(
                f"{file!r} is not UTF-16 with a byte order mark, which {kind} requires. Save it as Unicode text."
            )
        with open_file() as content, self._open(content) as text:
            mixed = has_other_ends(text)
        if mixed:
            with open_file() as content, self._open(content) as text:
                self._check_ends(text, file)
        with open_file() as content, closing(self.lines(content, entity)) as lines:
            _check_delimiter(next(lines, (0, []))[1], self.dialect.delimiter, entity)
        super().check(open_file, entity)

    def _open(self, content: IO[bytes]) -> io.TextIOWrapper:
        return open_text(content, self.dialect.encoding)

    def _check_ends(self, text: io.TextIOBase, file: str) -> None:
        """Raise RefusedPackageError for a record that does not end in CR LF; values may contain other line breaks."""
        last = ""

        def lines() -> Iterator[str]:
            nonlocal last
            for line in bounded_lines(text):
                last = line
                yield line

        for number, _ in records(lines(), self.dialect):
            if last.endswith(("\n", "\r")) and not last.endswith("\r\n"):
                raise RefusedPackageError(
                    f"Line {number} of {file!r} does not end in CR LF, so F&O would report an incorrect mapping or join "
                    "lines. Save the file with Windows line ends."
                )

    def wrap(self, raw: RawFile, content: IO[bytes]) -> Pieces:
        """The text with the delimiter, the encoding and the line ends that F&O needs."""
        return convert(raw, content, self.dialect)

    def copy_rows(
        self, content: IO[bytes], chosen: Sequence[tuple[PackageEntity, Iterator[int]]], target: IO[bytes]
    ) -> None:
        """Copy the header and the rows with their original bytes, by encoding the text as it was decoded."""
        start = content.read(len(codecs.BOM_UTF8))
        content.seek(0)
        mark, encoding = next((each for each in MARKS if start.startswith(each[0])), (b"", self.dialect.encoding))
        target.write(mark)
        wanted, is_header = Wanted(heapq.merge(*(positions for _, positions in chosen))), True
        passed: list[str] = []

        def lines(text: Iterable[str]) -> Iterator[str]:
            for line in text:
                passed.append(line)
                yield line

        with self._open(content) as text:
            for number, _ in records(lines(text), self.dialect):
                if is_header or wanted.has(number):
                    target.write("".join(passed).encode(encoding, "surrogateescape"))
                passed.clear()
                is_header = False


def _check_delimiter(header: Sequence[str], delimiter: str, entity: PackageEntity) -> None:
    """Raise RefusedPackageError for a header that another delimiter divides, and this one does not."""
    others = [name for other, name in DELIMITERS.items() if other != delimiter and other in "".join(header)]
    if len(header) == 1 and others and header[0] not in entity.mapping.values():
        raise RefusedPackageError(
            f"The columns of {entity.file!r} are divided by {others[0]}, and F&O reads {entity.source_format} with "
            f"{DELIMITERS.get(delimiter, delimiter)}. Save it so; or, where F&O's data source is set up otherwise, say so "
            "under sources in landfall.yaml."
        )
