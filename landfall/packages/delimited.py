"""Delimited text: CSV and its kin, read a record at a time with the line each starts on."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO

TEXT_FORMATS = {"CSV": ",", "CSV-UNICODE": ",", "TAB-DELIMITED": "\t"}
"""Source formats that are delimited text, in upper case, and what delimits them."""
UNICODE = "CSV-UNICODE"
"""The one that F&O takes in UTF-16 only (fno-behaviour 2.9)."""
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MAX_FIELD = 16 * 1024 * 1024
"""Characters of a value, and of a line: more means that this is no delimited text, and must not fill the memory."""
csv.field_size_limit(MAX_FIELD)


class UnreadableRowsError(Exception):
    """The rows of this file cannot be read here: its format is unknown to us, or it is not of its format."""


def text_lines(content: IO[bytes], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The records of delimited text and the line each starts on; UnreadableRowsError where it is none."""
    return records(_bounded(decoded(content)), delimiter)


def records(lines: Iterable[str], delimiter: str, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The same of lines of text; `strict` refuses quotes that the rules of qualifiers do not explain."""
    reader = csv.reader(lines, delimiter=delimiter, strict=strict)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except (csv.Error, UnicodeError) as error:
        raise UnreadableRowsError(f"line {start}: {error}") from None


def decoded(content: IO[bytes]) -> io.TextIOWrapper:
    """By its byte order mark; without one UTF-8, as F&O's CSV source is mostly set, with strange bytes kept."""
    buffered = io.BufferedReader(content)  # type: ignore[type-var]
    if buffered.peek(3)[:3].startswith(UTF16_MARKS):
        return io.TextIOWrapper(buffered, "utf-16", newline="")
    return io.TextIOWrapper(buffered, "utf-8-sig", errors="surrogateescape", newline="")


def upper_case(names: Iterable[str]) -> list[str]:
    """Names of columns as F&O compares them: without case (fno-behaviour 3.4), and without space around."""
    return [name.strip().upper() for name in names]


def _bounded(text: io.TextIOBase) -> Iterator[str]:
    while line := text.readline(MAX_FIELD):
        if len(line) == MAX_FIELD:
            raise csv.Error(f"the line is longer than {MAX_FIELD} characters")
        yield line
