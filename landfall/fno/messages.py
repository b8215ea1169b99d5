"""Reads GetExecutionErrors' list of messages, which is not always valid JSON."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

CHUNK = 1 << 16
"""Characters read at once."""

_BETWEEN_RECORDS = re.compile(r"\}\s*,\s*\{(?=\s*\"(?:RecordId|Field|ErrorMessage)\"\s*:)")
_RECORD = re.compile(
    r"\"RecordId\"\s*:\s*\"(?P<record>.*?)\"\s*,\s*\"Field\"\s*:\s*\"(?P<field>.*?)\"\s*,"
    r"\s*\"ErrorMessage\"\s*:\s*\"(?P<message>.*)\"",
    re.DOTALL,
)
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """A message of GetExecutionErrors. `record` is the staging record's id, which is not a key of the data."""

    record: str
    field: str
    text: str


def read_messages(content: IO[str]) -> Iterator[Message]:
    """Yield the messages of an execution, holding one record of F&O's list in memory at a time.

    The list is not always valid JSON, because F&O does not escape line breaks and quotes in messages (fno-behaviour
    4.1). So it is split between its records, and a record that does not parse is read with a pattern.
    """
    for piece in _records(content):
        texts = _texts(piece)
        if any(texts):
            record_id, field, text = texts
            line = re.sub(r"\s*[\r\n]+\s*", " ", text).strip()
            yield Message(record_id.strip(), field.strip(), line)


def _records(content: IO[str]) -> Iterator[str]:
    """Yield the list's records, each in its braces, split where one ends and the next begins."""
    held, opening = "", ""
    while chunk := content.read(CHUNK):
        *complete, held = _BETWEEN_RECORDS.split(held + chunk)
        for piece in complete:
            yield f"{opening}{piece if opening else _without_bracket(piece)}}}"
            opening = "{"
    last = held.rstrip().removesuffix("]").rstrip()
    yield f"{{{last}" if opening else _without_bracket(last)


def _without_bracket(piece: str) -> str:
    return piece.lstrip().removeprefix("[").lstrip()


def _texts(piece: str) -> list[str]:
    """Return a record's id, field and message; an empty list for anything else."""
    try:
        record = json.loads(piece, strict=False)
    except ValueError:
        found = _RECORD.search(piece)
        return [_unescaped(text) for text in found.groups()] if found else []
    return [_text(record, name) for name in ("RecordId", "Field", "ErrorMessage")]


def _text(record: Any, name: str) -> str:
    return str(record.get(name) or "") if isinstance(record, dict) else ""


def _unescaped(text: str) -> str:
    """Return the text with each JSON escape replaced; an escape that broken JSON has cut stays as it is."""

    def replace(escape: re.Match[str]) -> str:
        try:
            return str(json.loads(f'"{escape[0]}"'))
        except json.JSONDecodeError:
            return escape[0]

    return _ESCAPES.sub(replace, text)
