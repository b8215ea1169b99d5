"""repair.zip: the refused rows of a package as a package, byte for byte as they were, to be corrected and dropped again."""

import codecs
import heapq
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

from landfall.packages.checks import MANIFEST
from landfall.packages.delimited import TEXT_FORMATS, decoded, records
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.rejections import PlacedRow
from landfall.packages.rows import read_rows
from landfall.packages.sheet_copies import Wanted, copy_sheets
from landfall.packages.workbooks import EXCEL
from landfall.packages.xml_records import XML_FORMATS
from landfall.packages.xml_slices import slices

Places = Callable[[int], Iterator[int]]
"""By an entity's number in the manifest: the places of the rows that are wanted, in order."""
MARKS = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
LONG_FILE = 1 << 31
"""Bytes from which on a zip entry has to announce its length in 64 bits."""


def placed_rows(archive: zipfile.ZipFile, entity: PackageEntity) -> Iterator[PlacedRow]:
    """The rows of an entity's data file with the places that `build` knows them by; raises as `read_rows` does.

    Many XML files are a single line, so there a row's place is its number; elsewhere it is its line.
    """
    counts = entity.source_format.upper() in XML_FORMATS
    for number, row in enumerate(read_rows(archive, entity)):
        yield PlacedRow(number if counts else row.line, row.line, row.values)


def build(
    archive: zipfile.ZipFile, manifest: Manifest, wanted: Sequence[int], places: Places, target: IO[bytes]
) -> None:
    """Write a package with the wanted entities (by number) and of each only the wanted rows.

    Manifest, formats, encodings, quoting and columns that nobody mapped stay as they are; what else the package
    holds is copied. Raises UnreadableRowsError and ValueError for files that cannot be read.
    """
    entities = manifest.entities
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as repaired:
        for entry in archive.infolist():
            of_file = [number for number, each in enumerate(entities) if each.file == entry.filename]
            chosen = [number for number in of_file if number in wanted]
            if of_file and not chosen:
                continue
            copied = zipfile.ZipInfo(entry.filename, entry.date_time)
            copied.compress_type = zipfile.ZIP_DEFLATED
            with (
                archive.open(entry) as content,
                repaired.open(copied, "w", force_zip64=entry.file_size >= LONG_FILE) as written,
            ):
                if entry.filename == MANIFEST:
                    written.writelines(_cut(content, iter(wanted), 2, "PackageEntityList"))
                elif chosen:
                    _copy_rows(content, [(entities[each], places(each)) for each in chosen], written)
                else:
                    shutil.copyfileobj(content, written)


def _copy_rows(
    content: IO[bytes], chosen: Sequence[tuple[PackageEntity, Iterator[int]]], written: IO[bytes]
) -> None:
    """Copy the wanted rows of a file, which several entities may share."""
    kind = chosen[0][0].source_format.upper()
    if kind == EXCEL:
        copy_sheets(content, [(entity.sheet, places) for entity, places in chosen], written)
        return
    places = heapq.merge(*(places for _, places in chosen))
    if kind in XML_FORMATS:
        written.writelines(_cut(content, places))
    else:
        written.writelines(_text(content, TEXT_FORMATS[kind], places))


def _cut(
    content: IO[bytes], places: Iterable[int], depth: int = 1, parent: str | None = None
) -> Iterator[bytes]:
    wanted = Wanted(places)
    for piece in slices(content, depth, parent):
        if piece.number is None or wanted.has(piece.number):
            yield piece.raw


def _text(content: IO[bytes], delimiter: str, places: Iterable[int]) -> Iterator[bytes]:
    """The header and the wanted records with the bytes they had: what was decoded is encoded the same way."""
    start = content.read(len(codecs.BOM_UTF8))
    content.seek(0)
    mark, encoding = next(
        (each for each in MARKS if start.startswith(each[0])),
        (b"", "utf-8"),
    )
    yield mark
    wanted, header = Wanted(places), True
    with decoded(content) as text:
        lines = _Remembered(text)
        for line, _ in records(lines, delimiter):
            raw = lines.taken()
            if header or wanted.has(line):
                yield raw.encode(encoding, "surrogateescape")
            header = False


class _Remembered:
    """Lines that are kept as they pass, until they are taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._passed: list[str] = []

    def __iter__(self) -> "_Remembered":
        return self

    def __next__(self) -> str:
        self._passed.append(next(self._lines))
        return self._passed[-1]

    def taken(self) -> str:
        text = "".join(self._passed)
        self._passed.clear()
        return text
