"""Reads what F&O writes about failures: the messages of an execution, and its files of failed rows."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from landfall.packages.delimited import UnreadableRowsError
from landfall.packages.workbooks import sheet_lines

ZIP_MARK = b"PK\x03\x04"
DELIMITERS = ",\t;|"

_BETWEEN_RECORDS = re.compile(r"\}\s*,\s*\{(?=\s*\"RecordId\")")
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


def parse_messages(raw: str) -> list[Message]:
    """The messages of an execution.

    F&O's list is not always valid JSON: line breaks and quotes stand unescaped in messages (fno-behaviour 4.1).
    What does not parse is cut apart between its records and read with a pattern.
    """
    try:
        records = json.loads(raw) if raw.strip() else []
    except json.JSONDecodeError:
        found = (_RECORD.search(piece) for piece in _BETWEEN_RECORDS.split(raw))
        return [_message(*(_unescaped(text) for text in match.groups())) for match in found if match]
    if not isinstance(records, list):
        records = [records]
    told = [[_text(each, name) for name in ("RecordId", "Field", "ErrorMessage")] for each in records]
    return [_message(*texts) for texts in told if any(texts)]


def parse_rows(content: bytes, columns: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of a file of failed rows or of their keys, by staging field.

    Nobody has published the layout (fno-behaviour 9.1): what is read is a workbook, or delimited text, whose first
    line names columns of the data file or staging fields. A file that is laid out otherwise gives no rows.
    """
    try:
        lines = list(_cells(content))
    except (csv.Error, UnreadableRowsError):
        return []
    fields = {
        **{column.upper(): field for column, field in columns.items()},
        **{f.upper(): f for f in columns.values()},
    }
    header = [fields.get(cell.strip().upper()) for cell in (lines[0] if lines else [])]
    if not any(header):
        return []
    return [
        {field: cell for field, cell in zip_longest(header, cells[: len(header)], fillvalue="") if field}
        for cells in lines[1:]
        if any(cells)
    ]


def _cells(content: bytes) -> Iterator[list[str]]:
    if content.startswith(ZIP_MARK):
        return (cells for _, cells in sheet_lines(io.BytesIO(content)))
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = content.decode(encoding, errors="replace")
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _message(record: str, field: str, text: str) -> Message:
    return Message(record.strip(), field.strip(), re.sub(r"\s*[\r\n]+\s*", " ", text).strip())


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
