"""GetExecutionErrors' list of messages, read although it is not always valid JSON."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

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
