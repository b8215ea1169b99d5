"""Looks at the beginning of a package's data files: format, encoding, line ends, header row, a first row."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice

from landfall.packages.archives import DAMAGED, RefusedPackageError
from landfall.packages.checks import NO_MAPPING
from landfall.packages.delimited import (
    MAX_FIELD,
    TEXT_FORMATS,
    UNICODE,
    UTF16_MARKS,
    UnreadableRowsError,
    decoded,
    text_lines,
    upper_case,
)
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.workbooks import EXCEL, sheet_lines
from landfall.packages.xml_records import XML_FORMATS, read_records

RECORDS = 100
"""Records by which a composite entity is told: some of its documents may have no lines."""
START = 4096
"""Bytes by which an encoding is told: a NUL among them means UTF-16."""


def check_data_files(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """RefusedPackageError for the first data file that F&O would refuse or silently ignore.

    Each file is read as far as its first row, an Excel workbook as a whole; formats that only an F&O environment
    knows are left to it.
    """
    for entity in manifest.entities:
        try:
            if is_composite(archive, entity):
                _check_alone(entity, manifest)
            else:
                _check_data(archive, entity)
        except UnreadableRowsError as error:
            raise RefusedPackageError(f"{entity.file!r} is no {entity.source_format}: {error}") from None
        except UnicodeError:
            raise RefusedPackageError(
                f"{entity.file!r} is not in the encoding that its byte order mark announces"
            ) from None
        except DAMAGED as error:
            raise RefusedPackageError(f"{entity.file!r} cannot be unpacked: {error}") from None


def is_composite(archive: zipfile.ZipFile, entity: PackageEntity) -> bool:
    """Whether one of the first records of the entity's file contains others; UnreadableRowsError when it is no XML."""
    if entity.source_format.upper() not in XML_FORMATS:
        return False
    with archive.open(entity.file) as content, closing(read_records(content)) as records:
        return any(record.records > 1 for record in islice(records, RECORDS))


def composite_label(archive: zipfile.ZipFile, manifest: Manifest) -> str | None:
    """The label of a package's composite entity; None when it has none that can be read."""
    for entity in manifest.entities:
        with suppress(UnreadableRowsError, *DAMAGED):
            if is_composite(archive, entity):
                return entity.label
    return None


def _check_alone(entity: PackageEntity, manifest: Manifest) -> None:
    """F&O takes one composite entity per package and nothing beside it (fno-behaviour 2.16)."""
    if others := [each.label for each in manifest.entities if each is not entity]:
        raise RefusedPackageError(
            f"{entity.label} is a composite entity, which F&O takes only by itself; "
            f"put {others[0]} into a package of its own"
        )


def _check_data(archive: zipfile.ZipFile, entity: PackageEntity) -> None:
    kind = entity.source_format.upper()
    if not entity.columns:
        raise RefusedPackageError(f"{entity.label} {NO_MAPPING}")
    with archive.open(entity.file) as content:
        if kind in XML_FORMATS:
            with closing(read_records(content)) as records:
                first = next(records, None)
            fields = list(first.fields) if first else None
            if fields is not None and not {*upper_case(fields)} & {*upper_case(entity.columns)}:
                _refuse_header(entity, fields, list(entity.columns))
            _refuse_empty(entity, has_rows=fields is not None)
        elif kind in TEXT_FORMATS:
            _check_text(archive, entity)
            _check_table(entity, text_lines(content, TEXT_FORMATS[kind]))
        elif kind == EXCEL:
            _check_table(entity, sheet_lines(content, entity.sheet))


def _check_text(archive: zipfile.ZipFile, entity: PackageEntity) -> None:
    kind = entity.source_format
    with archive.open(entity.file) as content:
        start = content.read(START)
    if kind.upper() == UNICODE and not start.startswith(UTF16_MARKS[0]):
        raise RefusedPackageError(
            f"{entity.file!r} is not UTF-16 with a byte order mark, which {kind} has to be; save it as Unicode text"
        )
    if kind.upper() != UNICODE and (start.startswith(UTF16_MARKS) or b"\0" in start):
        raise RefusedPackageError(
            f"{entity.file!r} is UTF-16, which {kind} must not be; save it as UTF-8, or name CSV-Unicode in Manifest.xml"
        )
    with archive.open(entity.file) as content:
        line = decoded(content).readline(MAX_FIELD)
    if line.endswith(("\n", "\r")) and not line.endswith("\r\n"):
        raise RefusedPackageError(
            f"the lines of {entity.file!r} do not end in CR LF; F&O would call its mapping incorrect"
        )


def _check_table(entity: PackageEntity, lines: Iterator[tuple[int, list[str]]]) -> None:
    _, header = next(lines, (0, []))
    has_rows = any(any(cells) for _, cells in lines)
    lines.close()  # type: ignore[attr-defined]
    if not any(header):
        raise RefusedPackageError(f"{entity.file!r} is empty: it has no header row")
    if missing := [
        column
        for column in entity.columns
        if column not in entity.generated and column.strip().upper() not in upper_case(header)
    ]:
        _refuse_header(entity, header, missing)
    _refuse_empty(entity, has_rows=has_rows)


def _refuse_header(entity: PackageEntity, header: Sequence[str], missing: Sequence[str]) -> None:
    raise RefusedPackageError(
        f"{entity.file!r} has no column {', '.join(missing)}, which Manifest.xml maps for {entity.label}; "
        f"it has {', '.join(header)}"
    )


def _refuse_empty(entity: PackageEntity, *, has_rows: bool) -> None:
    """A file without rows is an error to F&O (fno-behaviour 2.11), and can cost the project its mapping."""
    if not has_rows:
        raise RefusedPackageError(f"{entity.file!r} has no data rows; F&O refuses a file of its header alone")
