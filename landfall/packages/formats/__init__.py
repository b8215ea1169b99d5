"""Source data formats: the one place that knows how the data files of each format are handled.

To add a format, write a class with the members of `Format`, register it in `FORMATS` and add its name to `FormatName`.
"""

import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice
from typing import IO, Literal, Protocol

from landfall.packages.archives import RefusedPackageError
from landfall.packages.formats.delimited import Delimited
from landfall.packages.formats.raw_files import Pieces, RawFile
from landfall.packages.formats.rows import Row, UnreadableRowsError
from landfall.packages.formats.workbooks import Workbooks
from landfall.packages.formats.xml import Xml
from landfall.packages.manifest import Dialect, PackageEntity

FormatName = Literal["CSV", "CSV-Unicode", "Tab-delimited", "XML-Element", "XML-Attribute", "EXCEL"]
"""The formats that landfall.yaml may name, as F&O spells them."""
LOOK_AHEAD = 100
"""Records to read before an entity counts as not composite: some of its documents may have no lines."""


class Format(Protocol):
    """How Landfall handles data files of one source format; no method holds a whole file in memory.

    Methods that read raise UnreadableRowsError for a file that is not of the format.
    """

    options: frozenset[str]
    """The options of a route that describe a raw file of this format: of `delimiter` and `encoding`."""
    nests: bool
    """Whether a record may contain other records, as in a composite entity's file."""

    def read(self, content: IO[bytes], entity: PackageEntity) -> Iterator[Row]:
        """The rows of an entity's data file, with the columns that the manifest maps."""

    def count(self, content: IO[bytes], entity: PackageEntity) -> int:
        """The number of rows that `read` yields."""

    def check(self, open_file: Callable[[], IO[bytes]], entity: PackageEntity) -> None:
        """Raise RefusedPackageError for a data file that F&O would refuse or ignore; reads as far as the first row."""

    def wrap(self, raw: RawFile, content: IO[bytes]) -> Pieces:
        """The data file for a package, made from a raw file; returns what the raw file contained.

        Raises RefusedPackageError, at the latest after the last piece, for a file that must not be sent.
        """

    def copy_rows(
        self, content: IO[bytes], chosen: Sequence[tuple[PackageEntity, Iterator[int]]], target: IO[bytes]
    ) -> None:
        """Copy the rows at the given positions, in ascending order, to a file of the same format, unchanged.

        Several entities may share a file; `chosen` has the positions for each.
        """


FORMATS: dict[FormatName, Format] = {
    "CSV": Delimited(Dialect()),
    "CSV-Unicode": Delimited(Dialect(encoding="utf-16-le")),
    "Tab-delimited": Delimited(Dialect("\t")),
    "XML-Element": Xml(),
    "XML-Attribute": Xml(),
    "EXCEL": Workbooks(),
}
_BY_NAME: dict[str, Format] = {name.upper(): each for name, each in FORMATS.items()}


def format_of(name: str) -> Format | None:
    """The format of this name, in any case; None for one that Landfall does not handle."""
    return _BY_NAME.get(name.upper())


def format_in(about: PackageEntity | RawFile) -> Format | None:
    """The format of a data file in its environment; None for one that Landfall does not handle."""
    return Delimited(about.dialect) if about.dialect else format_of(about.source_format)


def format_for(entity: PackageEntity) -> Format:
    """The format of an entity's data file; raises UnreadableRowsError for one that Landfall does not handle."""
    if entity.transformed:
        raise UnreadableRowsError("F&O transforms it before it reads it")
    if source_format := format_in(entity):
        return source_format
    raise UnreadableRowsError(f"Landfall does not read {entity.source_format}")


def read_rows(archive: zipfile.ZipFile, entity: PackageEntity) -> Generator[Row, None, None]:
    """The rows of an entity's data file; raises UnreadableRowsError for a file that Landfall cannot read."""
    source_format = format_for(entity)
    with archive.open(entity.file) as content:
        yield from source_format.read(content, entity)


def count_rows(archive: zipfile.ZipFile, entity: PackageEntity) -> int:
    """The number of rows of an entity's data file; raises UnreadableRowsError for one that Landfall cannot read."""
    source_format = format_for(entity)
    with archive.open(entity.file) as content:
        return source_format.count(content, entity)


def may_be_composite(entity: PackageEntity) -> bool:
    """Whether the entity's format allows records within records."""
    source_format = format_in(entity)
    return source_format is not None and source_format.nests


def is_composite(open_file: Callable[[], IO[bytes]], entity: PackageEntity) -> bool:
    """Whether one of the first records of the entity's data file contains others; raises UnreadableRowsError."""
    if not may_be_composite(entity):
        return False
    with open_file() as content:
        rows = islice(format_for(entity).read(content, entity), LOOK_AHEAD)
        return any(row.records > 1 for row in rows)


def wrap(raw: RawFile, content: IO[bytes]) -> Pieces:
    """The data file for a package, made from a raw file; raises RefusedPackageError for one that must not be sent."""
    source_format = format_in(raw)
    if source_format is None:
        raise RefusedPackageError(
            f"Landfall cannot wrap {raw.name!r} in a package as {raw.source_format}. "
            f"Use one of these formats: {', '.join(FORMATS)}."
        )
    try:
        return (yield from source_format.wrap(raw, content))
    except UnreadableRowsError as error:
        raise RefusedPackageError(f"{raw.name!r} is not valid {raw.source_format}: {error}.") from None
