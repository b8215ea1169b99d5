"""Raw files: what is known about one before and after it is wrapped, and how its columns are mapped."""

import re
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from landfall.fno.redaction import LONGEST_LISTED, shorten
from landfall.packages.archives import RefusedPackageError
from landfall.packages.formats.rows import check_header, check_mapping, missing_columns, refuse_columns, upper_case
from landfall.packages.manifest import Dialect, PackageEntity

STAGING_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
"""A valid name of a staging field: it names a column of SQL Server, which takes 128 characters."""
TEMPLATE_MAPS = "its template maps"


@dataclass(frozen=True)
class RawFile:
    """A file as it landed: its name, its size in bytes, the entity whose rows it has, and how to read it.

    `mapping` is that of a template; without one, each column is mapped to the staging field of the same name.
    `delimiter` and `encoding` are None when the file itself shows them.
    """

    name: str
    size: int
    source_format: str
    entity: str = ""
    mapping: Mapping[str, str] | None = None
    generated: frozenset[str] = frozenset()
    sheet: str = ""
    delimiter: str | None = None
    encoding: str | None = None
    dialect: Dialect | None = None
    """How F&O reads the source format, where landfall.yaml says so."""

    def mapped_as(self, entity: PackageEntity) -> "RawFile":
        """This file with the format and the mapping of a template's entity."""
        return replace(
            self,
            source_format=entity.source_format,
            mapping=entity.mapping,
            generated=entity.generated,
            sheet=entity.sheet,
        )


@dataclass(frozen=True)
class Wrapped:
    """What a wrapped file contained: the column of each staging field, its sheet, and a clause for each change."""

    mapping: dict[str, str]
    sheet: str = ""
    changes: tuple[str, ...] = ()


Pieces = Generator[bytes, None, Wrapped]


def map_columns(raw: RawFile, header: Sequence[str]) -> dict[str, str]:
    """The mapping for the manifest: the template's, or each column that has a name to the staging field of that name.

    Raises RefusedPackageError for a header that cannot be mapped.
    """
    check_header(raw.name, header)
    names = [name.strip() for name in header if name.strip()]
    check_mapping(raw.name, names)
    if raw.mapping is not None:
        if missing := missing_columns(names, raw.mapping.values(), raw.generated):
            refuse_columns(raw.name, names, missing, TEMPLATE_MAPS)
        return dict(raw.mapping)
    if invalid := [name for name in names if not STAGING_FIELD.fullmatch(name)]:
        raise RefusedPackageError(
            f"{raw.name!r} has a column {shorten(invalid[0], LONGEST_LISTED)!r}, which cannot be a staging field. "
            "Name its columns after F&O's staging fields, or give its route a template that maps them."
        )
    if twice := [name for name, count in Counter(upper_case(names)).items() if count > 1]:
        raise RefusedPackageError(
            f"{raw.name!r} has two columns {shorten(twice[0], LONGEST_LISTED)}. Rename or remove one of them."
        )
    return {name.upper(): name for name in names}


class NamedColumns:
    """The columns of a raw file that have a name; spreadsheets often save empty ones without a name beside them."""

    def __init__(self, raw: RawFile, header: Sequence[str]) -> None:
        self._file = raw.name
        self.nameless = {index for index, name in enumerate(header) if not name.strip()}

    def keep(self, cells: Sequence[str], line: int) -> Sequence[str]:
        """The cells without those of nameless columns; raises RefusedPackageError for a value in such a column."""
        if not self.nameless:
            return cells
        if stray := {index for index in self.nameless if index < len(cells) and cells[index].strip()}:
            raise RefusedPackageError(
                f"Line {line} of {self._file!r} has a value in column {min(stray) + 1}, which has no name. "
                "Name the column in the first row, or remove the value."
            )
        return [cell for index, cell in enumerate(cells) if index not in self.nameless]
