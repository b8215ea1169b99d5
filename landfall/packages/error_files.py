"""Reads the files in which F&O lists failed rows or their keys."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from landfall.packages.formats import Format
from landfall.packages.formats.delimited import Delimited
from landfall.packages.formats.rows import MAX_FIELD, UnreadableRowsError
from landfall.packages.formats.text import open_text
from landfall.packages.formats.workbooks import Workbooks
from landfall.packages.formats.xml import Xml
from landfall.packages.manifest import Dialect, PackageEntity

ZIP_MARK = b"PK\x03\x04"
DELIMITERS = ",\t;|"
BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""Bytes of byte order marks, UTF-16 and white space, which may come before the first `<` of a file."""


def read_failed_rows(file: Path, columns: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The rows of a file of failed rows or of their keys, one at a time, by staging field.

    The layout is not published (fno-behaviour 9.1). This function reads workbooks, XML, and delimited text whose first
    line names columns of the data file or staging fields. A file with another layout gives no rows.
    """
    fields = {**{column.upper(): field for column, field in columns.items()}}
    fields.update({field.upper(): field for field in columns.values()})
    entity = PackageEntity("", file.name, "", fields)
    with suppress(UnreadableRowsError), file.open("rb", buffering=0) as content:
        yield from (row.values for row in _format_of(file).read(content, entity) if row.values)


def _format_of(file: Path) -> Format:
    """The format that the beginning of a file shows."""
    with file.open("rb") as content:
        start = content.read(len(ZIP_MARK) * 2)
    if start.translate(None, BEFORE_XML).startswith(b"<"):
        return Xml()
    if start.startswith(ZIP_MARK):
        return Workbooks()
    with open_text(file.open("rb", buffering=0)) as text:
        return Delimited(Dialect(max(DELIMITERS, key=text.readline(MAX_FIELD).count)))
