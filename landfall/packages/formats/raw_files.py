"""Raw files: what is known about one before and after it is wrapped, and how its columns are mapped."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from landfall.packages.archives import RefusedPackageError
from landfall.packages.formats.rows import check_header, missing_columns, refuse_columns, upper_case
from landfall.packages.manifest import PackageEntity

STAGING_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A valid name of a staging field."""
TEMPLATE_MAPS = "its template maps"


@dataclass(frozen=True)
class RawFile:
    """A file as it landed: its name, its size in bytes, and how to read it.

    `columns` is the mapping of a template; without one, each column is mapped to the staging field of the same name.
    `delimiter` and `encoding` are None when the file itself shows them.
    """

    name: str
    size: int
    source_format: str
    columns: Mapping[str, str] | None = None
    generated: frozenset[str] = frozenset()
    sheet: str = ""
    delimiter: str | None = None
    encoding: str | None = None

    def mapped_as(self, entity: PackageEntity) -> "RawFile":
        """This file with the format and the mapping of a template's entity."""
        return replace(
            self,
            source_format=entity.source_format,
            columns=entity.columns,
            generated=entity.generated,
            sheet=entity.sheet,
        )


@dataclass(frozen=True)
class Wrapped:
    """What a wrapped file contained: its mapped columns, its sheet, and a sentence for each change made to it."""

    columns: dict[str, str]
    sheet: str = ""
    changes: tuple[str, ...] = ()


Pieces = Generator[bytes, None, Wrapped]


def map_columns(raw: RawFile, header: Sequence[str]) -> dict[str, str]:
    """The columns for the manifest: the template's, or each with the staging field of the same name.

    Raises RefusedPackageError for a header that cannot be mapped.
    """
    check_header(raw.name, header)
    names = [name.strip() for name in header]
    if raw.columns is not None:
        if missing := missing_columns(names, raw.columns, raw.generated):
            refuse_columns(raw.name, names, missing, TEMPLATE_MAPS)
        return dict(raw.columns)
    if invalid := [name for name in names if not STAGING_FIELD.fullmatch(name)]:
        raise RefusedPackageError(
            f"{raw.name!r} has a column {invalid[0]!r}, which cannot be a staging field. "
            "Name its columns after F&O's staging fields, or give its route a template that maps them."
        )
    if twice := [name for name in names if upper_case(names).count(name.upper()) > 1]:
        raise RefusedPackageError(f"{raw.name!r} has two columns {twice[0]}. Rename or remove one of them.")
    return {name: name.upper() for name in names}
