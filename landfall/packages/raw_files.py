"""Raw files: what is known of one before and after it is wrapped, and how its columns are mapped."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from landfall.packages.archives import RefusedPackageError
from landfall.packages.delimited import TEXT_FORMATS, upper_case
from landfall.packages.manifest import PackageEntity

FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What can be the name of a staging field."""


@dataclass(frozen=True)
class RawFile:
    """A file as it landed: its name, its size in bytes, and what is known of it.

    `columns` is the mapping of a template; without one every column is mapped to the staging field of its name.
    `delimiter` and `encoding` are those of the file; None means that the file shows them.
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
        """The same file, to be read as a template's entity is."""
        return replace(
            self,
            source_format=entity.source_format,
            columns=entity.columns,
            generated=entity.generated,
            sheet=entity.sheet,
        )


@dataclass(frozen=True)
class Wrapped:
    """What a wrapped file turned out to hold: its mapped columns, its sheet, and what was changed, in words."""

    columns: dict[str, str]
    sheet: str = ""
    changes: tuple[str, ...] = ()


Pieces = Generator[bytes, None, Wrapped]


def map_columns(raw: RawFile, header: Sequence[str]) -> dict[str, str]:
    """The columns that the manifest maps: the template's, or each to the staging field of its name."""
    names = [name.strip() for name in header]
    if not any(names):
        raise RefusedPackageError(f"{raw.name} is empty: it has no header row")
    if raw.columns is not None:
        needed = [name for name in raw.columns if name not in raw.generated]
        if missing := [name for name in needed if name.strip().upper() not in upper_case(names)]:
            raise RefusedPackageError(not_there(raw, names, missing))
        return dict(raw.columns)
    if strange := [name for name in names if not FIELD.fullmatch(name)]:
        raise RefusedPackageError(
            f"{raw.name} has a column {strange[0]!r}, which is no name of a field: "
            "head its columns by F&O's staging fields, or give its route a template that maps them"
        )
    if twice := [name for name in names if upper_case(names).count(name.upper()) > 1]:
        raise RefusedPackageError(f"{raw.name} has two columns {twice[0]}; nobody can say which one counts")
    is_text = raw.source_format.upper() in TEXT_FORMATS
    return {name.upper() if is_text else name: name.upper() for name in names}


def not_there(raw: RawFile, names: Sequence[str], missing: Sequence[str]) -> str:
    """What is said of a file without columns that its template maps."""
    return (
        f"{raw.name} has no column {', '.join(missing)}, which its template maps; it has {', '.join(names)}"
    )


def check_rows(raw: RawFile, *, has_rows: bool) -> None:
    """F&O calls a file without rows an error (fno-behaviour 2.11), so it is never sent one."""
    if not has_rows:
        raise RefusedPackageError(f"{raw.name} has no data rows; F&O refuses a file of its header alone")
