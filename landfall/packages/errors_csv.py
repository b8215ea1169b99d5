"""errors.csv: the rows that F&O rejected and why, for a consultant to filter in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from landfall.packages.manifest import PackageEntity
from landfall.packages.matching import readable
from landfall.packages.rejections import Rejection

COLUMNS = ("entity", "line", "key", "field", "message", "stage")
STARTS_FORMULA = (*"=+-@\t\r\n", *"＝＋－＠")  # noqa: RUF001  the full-width forms are meant
"""The beginnings of cells that a spreadsheet may run as formulas (owasp.org, CSV Injection)."""
PIECE = 1 << 16
"""Characters written at once."""


def to_csv(lines: Iterable[Rejection], entities: Sequence[PackageEntity], shown: Iterable[int]) -> Iterator[bytes]:
    """The file in pieces, as UTF-8 with a byte order mark, so that Excel reads it correctly.

    The fixed columns come first. After them, each column of the data files of the entities numbered in `shown` has a
    column for the rejected rows' values; entities share columns of the same name. Cells that a spreadsheet would run
    as formulas begin with an apostrophe; repair.zip has the original values.
    """
    headings = {number: _headings(entities[number]) for number in shown}
    columns = list(dict.fromkeys(name for named in headings.values() for name in named.values()))
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(map(cell, (*COLUMNS, *columns)))
    for each in lines:
        named = headings.get(each.entity, {}) if each.entity is not None else {}
        values = {named[field]: value for field, value in each.values.items() if field in named}
        label = entities[each.entity].label if each.entity is not None else ""
        fixed = (label, str(each.line or ""), each.key, each.field, each.message, each.stage)
        writer.writerow(map(cell, (*fixed, *(values.get(column, "") for column in columns))))
        if text.tell() > PIECE:
            yield _take(text)
    yield _take(text)


def _headings(entity: PackageEntity) -> dict[str, str]:
    """The heading of each staging field: its column in the data file, renamed if a fixed column has that name."""
    return {
        field: f"{column} (value)" if column.lower() in COLUMNS else column for field, column in entity.mapping.items()
    }


def cell(text: str) -> str:
    """A text as a cell that no spreadsheet runs as a formula."""
    return readable(f"'{text}" if text.startswith(STARTS_FORMULA) else text)


def _take(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece
