"""Rows of data files, and what formats whose files are tables have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence, Sized
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from typing import IO, NoReturn

from landfall.fno.redaction import listed
from landfall.packages.archives import RefusedPackageError
from landfall.packages.manifest import PackageEntity

MAX_FIELD = 16 * 1024 * 1024
"""The most characters of a value, and of a line: a longer one means another format, and would fill the memory."""

MAX_COLUMNS = 16_384
"""The most cells of a row: Excel has no more columns, and F&O maps far fewer."""

MAX_MAPPED = 1024
"""The most columns of a mapping: an SQL Server table, as a staging table is, has no more (fno-behaviour 3.13)."""


class UnreadableRowsError(Exception):
    """A data file that is not of its format, or whose format Landfall does not read; the message is a clause."""


@dataclass(frozen=True)
class Row:
    """A row of a data file: the line it starts on (a header is line 1), and its values by staging field.

    `position` is what `copy_rows` finds the row by: its line, or in XML its number, since many files are one line.
    `records` is more than one only in a composite entity's file, whose records contain others, and 0 for a row without
    a value, which F&O may not take for one.
    """

    line: int
    position: int
    values: dict[str, str]
    records: int = 1


Line = tuple[int, list[str]]
"""The cells of a table's row, and the line it starts on."""


Naming = Sequence[tuple[str, str]]
"""Staging fields, and the name in upper case of the column that each is fed by."""


class Table(ABC):
    """A format whose files are lines of cells, the first of which names the columns."""

    nests = False

    @abstractmethod
    def lines(self, content: IO[bytes], entity: PackageEntity) -> Generator[Line, None, None]:
        """The lines of an entity's data file; raises UnreadableRowsError."""

    def read(self, content: IO[bytes], entity: PackageEntity) -> Iterator[Row]:
        """The rows that are not empty, with the columns that the manifest maps."""
        rows = self.read_all(content, entity, [fields_of(entity)])
        return (row for row, cells in rows if self.is_record(cells))

    def read_all(
        self, content: IO[bytes], entity: PackageEntity, namings: Sequence[Naming]
    ) -> Iterator[tuple[Row, list[str]]]:
        """All rows with their cells, also the empty ones, by the naming that knows the most columns of the file."""
        lines = self.lines(content, entity)
        _, header = next(lines, (0, []))
        places = {name: place for place, name in enumerate(upper_case(header))}
        known = [{field: places[name] for field, name in naming if name in places} for naming in namings]
        fed = dict(sorted(max(known, key=len).items(), key=itemgetter(1)))
        for line, cells in lines if fed else ():
            if cells or len(header) == 1:
                values = {field: cells[at] if at < len(cells) else "" for field, at in fed.items()}
                yield Row(line, line, values, int(any(cells))), cells

    def is_record(self, cells: Sequence[str]) -> bool:
        """Whether F&O may take a row for a record."""
        return any(cells)

    def count(self, content: IO[bytes], entity: PackageEntity) -> int:
        """The number of rows that are not empty."""
        lines = self.lines(content, entity)
        next(lines, None)
        return sum(1 for _, cells in lines if any(cells))

    def check(self, open_file: Callable[[], IO[bytes]], entity: PackageEntity) -> None:
        """Raise RefusedPackageError unless the file has all mapped columns and a row."""
        with open_file() as content, closing(self.lines(content, entity)) as lines:
            _, header = next(lines, (0, []))
            has_rows = any(any(cells) for _, cells in lines)
        check_header(entity.file, header)
        if missing := missing_columns(header, entity.mapping.values(), entity.generated):
            refuse_columns(entity.file, header, missing, f"Manifest.xml maps for {entity.label}")
        check_has_rows(entity.file, has_rows=has_rows)


class Wanted:
    """Ascending numbers that are looked up in ascending order, so that only the next one is in memory."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = iter(numbers)
        self._next = next(self._numbers, None)

    def has(self, number: int) -> bool:
        """Whether the number is among them."""
        while self._next is not None and self._next < number:
            self._next = next(self._numbers, None)
        return self._next == number


def check_width(cells: Sequence[object], line: int) -> None:
    """Raise UnreadableRowsError for a row with more cells than any spreadsheet has."""
    if len(cells) > MAX_COLUMNS:
        raise UnreadableRowsError(f"line {line} has {len(cells)} cells, more than {MAX_COLUMNS}")


def upper_case(names: Iterable[str]) -> list[str]:
    """Names of columns as F&O compares them: in upper case (fno-behaviour 3.4), without space around them."""
    return [name.strip().upper() for name in names]


def fields_of(entity: PackageEntity) -> Naming:
    """The staging fields that a manifest maps, each with its column."""
    return [*zip(entity.mapping, upper_case(entity.mapping.values()), strict=True)]


def missing_columns(header: Iterable[str], columns: Iterable[str], generated: Collection[str] = ()) -> list[str]:
    """The mapped columns that the header lacks, less those that F&O generates."""
    names = {*upper_case(header)}
    return [name for name in dict.fromkeys(columns) if name not in generated and name.strip().upper() not in names]


def check_header(file: str, header: Sequence[str]) -> None:
    """Raise RefusedPackageError for a header row without a name."""
    if not any(name.strip() for name in header):
        raise RefusedPackageError(f"{file!r} has no header row. Name its columns in its first row.")


def check_mapping(about: str, columns: Sized) -> None:
    """Raise RefusedPackageError for more columns than a staging table can have (fno-behaviour 3.13)."""
    if len(columns) > MAX_MAPPED:
        raise RefusedPackageError(
            f"{about} maps {len(columns)} columns, and a staging table has at most {MAX_MAPPED}. Remove columns."
        )


def check_has_rows(file: str, *, has_rows: bool) -> None:
    """Raise RefusedPackageError for a file without rows.

    F&O reports one as an error (fno-behaviour 2.11), and the project can lose its mapping.
    """
    if not has_rows:
        raise RefusedPackageError(f"{file!r} has no data rows, which F&O reports as an error. Add a row.")


def refuse_columns(file: str, header: Iterable[str], missing: Iterable[str], mapping: str) -> NoReturn:
    """Raise RefusedPackageError for a file that lacks columns; `mapping` ends the clause "which ..."."""
    raise RefusedPackageError(
        f"{file!r} has no column {listed(missing)}, which {mapping}. "
        f"Its columns are {listed(header)}: rename them or correct the mapping."
    )
