"""errors.csv: what a consultant filters in a spreadsheet to see which rows F&O refused, and why."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from landfall.packages.manifest import PackageEntity
from landfall.packages.matching import readable
from landfall.packages.rejections import Rejection

COLUMNS = ("entity", "line", "key", "field", "message", "stage")
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula, or look behind it for one (owasp.org, CSV Injection)."""
PIECE = 1 << 16
"""Characters written at once."""


def to_csv(
    lines: Iterable[Rejection], entities: Sequence[PackageEntity], shown: Iterable[int]
) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with a byte order mark, which is what Excel needs to read it right.

    After the fixed columns stand the refused rows' values, a column for each column of the data files of the
    entities numbered in `shown`; entities share those of the same name. So every value can be filtered by itself,
    and filtering by entity leaves the other entities' columns empty. Cells that a spreadsheet would run as formulas
    start with an apostrophe; repair.zip has all values as they were.
    """
    headings = {number: _headings(entities[number]) for number in shown}
    columns = list(dict.fromkeys(name for named in headings.values() for name in named.values()))
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(map(_cell, (*COLUMNS, *columns)))
    for each in lines:
        named = headings.get(each.entity, {}) if each.entity is not None else {}
        values = {named[field]: value for field, value in each.values.items() if field in named}
        label = entities[each.entity].label if each.entity is not None else ""
        fixed = (label, str(each.line or ""), each.key, each.field, each.message, each.stage)
        writer.writerow(map(_cell, (*fixed, *(values.get(column, "") for column in columns))))
        if text.tell() > PIECE:
            yield _taken(text)
    yield _taken(text)


def _headings(entity: PackageEntity) -> dict[str, str]:
    """Staging field -> its column in the data file, told apart from our own columns."""
    return {
        field: f"{column} (value)" if column.lower() in COLUMNS else column
        for column, field in entity.columns.items()
    }


def _cell(text: str) -> str:
    return readable(f"'{text}" if text.startswith(STARTS_FORMULA) else text)


def _taken(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece
