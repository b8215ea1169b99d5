"""Joins the rows that F&O refused with what it said about them: the lines of errors.csv."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from landfall.packages.error_files import Message
from landfall.packages.rows import Row

Stage = Literal["staging", "target"]
"""Where a row was refused: on its way into staging, or from there to the target."""
COLUMNS = ("entity", "line", "key", "field", "message", "stage")


@dataclass(frozen=True)
class RefusedRow:
    """A row that an entity did not take; `line` is its line in the data file, None when it was not found there."""

    entity: str
    line: int | None
    key: str
    stage: Stage
    values: dict[str, str]


@dataclass(frozen=True)
class Rejection:
    """A line of errors.csv: a refused row and one message about it, or a message that names no row."""

    entity: str
    line: int | None
    key: str
    field: str
    message: str
    stage: str


def find_rows(
    entity: str,
    rows: Iterable[Row],
    failed: Sequence[dict[str, str]],
    stage: Stage,
) -> list[RefusedRow]:
    """The rows of the data file that the records of F&O's file mean, in file order; those not found come last."""
    wanted: dict[frozenset[tuple[str, str]], dict[str, str]] = {
        _fingerprint(each, each): each for each in failed
    }
    shapes = {frozenset(each) for each in failed}
    found: list[RefusedRow] = []
    seen: set[frozenset[tuple[str, str]]] = set()
    for row in rows if wanted else ():
        for shape in shapes:
            fingerprint = _fingerprint(row.values, shape)
            if fingerprint in wanted:
                seen.add(fingerprint)
                found.append(
                    RefusedRow(entity, row.line, _key(wanted[fingerprint], stage), stage, row.values)
                )
                break
    lost = [record for fingerprint, record in wanted.items() if fingerprint not in seen]
    return found + [RefusedRow(entity, None, _key(record, stage), stage, record) for record in lost]


def join(rows: Sequence[RefusedRow], messages: Sequence[Message]) -> list[Rejection]:
    """Every refused row with its messages, and every message that could not be told to a row.

    F&O names neither entity nor key with a message, only the id of a staging record. So a record's messages go to
    the one row that they describe (its value quoted, its field empty); what is left goes in order, when as many
    records are left as rows: both are in the order of staging.
    """
    records = _by_record(messages)
    told: dict[int, list[Message]] = {}
    left = _join_by_content(rows, records, told)
    silent = [index for index in range(len(rows)) if index not in told]
    if len(left) == len(silent):
        told.update(zip(silent, left, strict=True))
        left = []
    lines = [
        Rejection(row.entity, row.line, row.key, message.field, message.text, row.stage)
        for index, row in enumerate(rows)
        for message in told.get(index, [Message("", "", "F&O gave no message for this row")])
    ]
    return lines + [Rejection("", None, "", each.field, each.text, "") for record in left for each in record]


def to_csv(lines: Iterable[Rejection]) -> bytes:
    """errors.csv: UTF-8 with a byte order mark, which is what Excel needs to read it right."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in lines:
        writer.writerow([each.entity, each.line or "", each.key, each.field, each.message, each.stage])
    # F&O cuts texts by length, and through characters that take two places.
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _by_record(messages: Sequence[Message]) -> list[list[Message]]:
    """Messages of one staging record belong together; one without a record (its id is empty or 0) stands alone."""
    numbered = enumerate(messages)
    groups = groupby(numbered, key=lambda pair: pair[1].record if pair[1].record.strip("0") else pair[0])
    return [[message for _, message in group] for _, group in groups]


def _join_by_content(
    rows: Sequence[RefusedRow], records: list[list[Message]], told: dict[int, list[Message]]
) -> list[list[Message]]:
    """Give each record to the only row it describes, until no more is certain; returns the records left."""
    left = records
    while True:
        undecided = []
        for record in left:
            free = [index for index, row in enumerate(rows) if index not in told and _describes(record, row)]
            if len(free) == 1:
                told[free[0]] = record
            else:
                undecided.append(record)
        if len(undecided) == len(left):
            return undecided
        left = undecided


def _describes(record: list[Message], row: RefusedRow) -> bool:
    return any(_speaks_of(message, row) for message in record)


def _speaks_of(message: Message, row: RefusedRow) -> bool:
    for field, value in row.values.items():
        if message.field and message.field.upper() != field.upper():
            continue
        if f"'{field}'".upper() not in message.text.upper() and not message.field:
            continue
        if value and f"'{value}'".upper() in message.text.upper():
            return True
        if not value and message.field.upper() == field.upper():
            return True
    return False


def _fingerprint(values: dict[str, str], fields: Iterable[str]) -> frozenset[tuple[str, str]]:
    return frozenset((field, values.get(field, "").strip().casefold()) for field in fields)


def _key(record: dict[str, str], stage: str) -> str:
    """The key as F&O gave it; a row that did not reach staging has no key yet, so its first value stands for it."""
    values = list(record.values())
    return "|".join(values if stage == "target" else values[:1])
