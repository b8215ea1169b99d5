"""Reads what F&O writes about failures: the messages of an execution, and its files of failed rows."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from landfall.packages.delimited import MAX_FIELD, UnreadableRowsError, decoded, records
from landfall.packages.workbooks import sheet_lines
from landfall.packages.xml_records import read_records

ZIP_MARK = b"PK\x03\x04"
DELIMITERS = ",\t;|"
BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""Bytes of byte order marks, UTF-16 and white space, any of which may stand before a file's first `<`."""
CHUNK = 1 << 16
"""Characters of a list of messages read at once."""

_BETWEEN_RECORDS = re.compile(r"\}\s*,\s*\{(?=\s*\"(?:RecordId|Field|ErrorMessage)\"\s*:)")
_RECORD = re.compile(
    r"\"RecordId\"\s*:\s*\"(?P<record>.*?)\"\s*,\s*\"Field\"\s*:\s*\"(?P<field>.*?)\"\s*,"
    r"\s*\"ErrorMessage\"\s*:\s*\"(?P<message>.*)\"",
    re.DOTALL,
)
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """One message of GetExecutionErrors: `record` is the staging record's id, which is no key of anybody's."""

    record: str
    field: str
    text: str


def read_messages(content: IO[str]) -> Iterator[Message]:
    """The messages of an execution, one record of F&O's list in memory at a time.

    The list is not always valid JSON: line breaks and quotes stand unescaped in messages (fno-behaviour 4.1). So
    it is cut apart between its records, and a record that does not parse is read with a pattern.
    """
    for piece in _records(content):
        texts = _texts(piece)
        if any(texts):
            record_id, field, text = texts
            told = re.sub(r"\s*[\r\n]+\s*", " ", text).strip()
            yield Message(record_id.strip(), field.strip(), told)


def read_failed_rows(file: Path, columns: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The rows of a file of failed rows or of their keys, one at a time, by staging field.

    Nobody has published the layout (fno-behaviour 9.1): what is read is a workbook, XML, or delimited text whose
    first line names columns of the data file or staging fields. A file that is laid out otherwise gives no rows.
    """
    fields = {
        **{column.upper(): field for column, field in columns.items()},
        **{field.upper(): field for field in columns.values()},
    }
    with file.open("rb") as content:
        start = content.read(len(ZIP_MARK) * 2)
    with suppress(UnreadableRowsError), file.open("rb", buffering=0) as content:
        if start.translate(None, BEFORE_XML).startswith(b"<"):
            yield from _of_xml(content, fields)
        elif start.startswith(ZIP_MARK):
            yield from _of_table(sheet_lines(content), fields)
        else:
            with decoded(content) as text:
                delimiter = max(DELIMITERS, key=text.readline(MAX_FIELD).count)
            with decoded(file.open("rb", buffering=0)) as text:
                yield from _of_table(records(text, delimiter), fields)


def _of_xml(content: IO[bytes], fields: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for record in read_records(content):
        named = {name.upper(): value for name, value in record.fields.items()}
        if row := {field: named[name] for name, field in fields.items() if name in named}:
            yield row


def _of_table(lines: Iterator[tuple[int, list[str]]], fields: Mapping[str, str]) -> Iterator[dict[str, str]]:
    _, names = next(lines, (0, []))
    header = [fields.get(name.strip().upper()) for name in names]
    if not any(header):
        return
    for _, cells in lines:
        if any(cells):
            row = zip_longest(header, cells[: len(header)], fillvalue="")
            yield {field: cell for field, cell in row if field}


def _records(content: IO[str]) -> Iterator[str]:
    """The list's records, each in its braces, cut where one ends and the next begins."""
    held, opening = "", ""
    while chunk := content.read(CHUNK):
        *complete, held = _BETWEEN_RECORDS.split(held + chunk)
        for piece in complete:
            yield f"{opening}{piece if opening else _opened(piece)}}}"
            opening = "{"
    last = held.rstrip().removesuffix("]").rstrip()
    yield f"{{{last}" if opening else _opened(last)


def _opened(piece: str) -> str:
    return piece.lstrip().removeprefix("[").lstrip()


def _texts(piece: str) -> list[str]:
    """Id, field and message of a record; empty for what is none."""
    try:
        record = json.loads(piece, strict=False)
    except ValueError:
        found = _RECORD.search(piece)
        return [_unescaped(text) for text in found.groups()] if found else []
    return [_text(record, name) for name in ("RecordId", "Field", "ErrorMessage")]


def _text(record: Any, name: str) -> str:
    return str(record.get(name) or "") if isinstance(record, dict) else ""


def _unescaped(text: str) -> str:
    """JSON's escapes undone, each by itself: what is left over from broken JSON stays as it is."""

    def undone(escape: re.Match[str]) -> str:
        try:
            return str(json.loads(f'"{escape[0]}"'))
        except json.JSONDecodeError:
            return escape[0]

    return _ESCAPES.sub(undone, text)
