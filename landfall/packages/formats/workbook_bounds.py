"""Bounds of an Excel workbook: openpyxl holds its parts in memory, so a small file must not become a large tree."""

import re
import zipfile
from typing import IO

from landfall.packages.archives import RefusedPackageError, check_directory
from landfall.packages.formats.rows import MAX_COLUMNS, UnreadableRowsError
from landfall.packages.manifest import parse_xml

TYPES = "[Content_Types].xml"
MAX_TYPES = 1 << 20
"""Bytes of the list of a workbook's parts."""
ROW_TAGS = 10 * MAX_COLUMNS
"""The most tags of a sheet's row: a cell has few."""
LIST_TAGS = 4_000_000
"""The most tags of a part that openpyxl reads piece by piece, such as the workbook's texts: about a million texts."""
TREE_TAGS = 200_000
"""The most tags of a part that openpyxl reads as a whole: Excel has 65,490 cell formats."""
LISTS = ("sharedStrings+xml", "pivotCacheRecords+xml", "comments+xml", "drawing+xml", "vmlDrawing")
SHEET = "worksheet+xml"
ROW_END = re.compile(rb"</(?:[\w.-]+:)?row\s*>")
HIDING = re.compile(rb"<(?:!|\?(?!xml\b))")
"""How comments and the like begin. What looks like a row's end may be one of their words."""
BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""Bytes of byte order marks, UTF-16 and white space, which may come before the first `<` of a file."""
PIECE = 1 << 16
"""Bytes unpacked at once."""


def check_workbook(content: IO[bytes]) -> None:
    """Raise UnreadableRowsError for a workbook that would fill the memory; raises one of DAMAGED as zipfile does."""
    try:
        check_directory(content)
    except RefusedPackageError as refusal:
        raise UnreadableRowsError(str(refusal).rstrip(".")) from None
    with zipfile.ZipFile(content) as parts:
        kinds = _kinds(parts)
        for part in parts.infolist():
            with parts.open(part) as opened:
                name = part.filename.lower()
                kind = kinds.get(f"/{name}") or kinds.get(name.rpartition(".")[2], "")
                _check_part(opened, part.filename, kind)


def _kinds(parts: zipfile.ZipFile) -> dict[str, str]:
    """The content types of parts, by a part's path or an extension, in lower case."""
    with parts.open(TYPES) as content:
        types = content.read(MAX_TYPES + 1)
    if len(types) > MAX_TYPES:
        raise UnreadableRowsError(f"its {TYPES} has more than {MAX_TYPES} bytes")
    listed = parse_xml(types, TYPES)
    return {each.get("PartName", each.get("Extension", "")).lower(): each.get("ContentType", "") for each in listed}


def _check_part(part: IO[bytes], name: str, kind: str) -> None:
    """Count the tags of a part that is XML, whatever its name: a workbook may call any part a sheet."""
    most = ROW_TAGS if kind.endswith(SHEET) else LIST_TAGS if kind.endswith(LISTS) else TREE_TAGS
    has_rows, tags, last = kind.endswith(SHEET), 0, b""
    piece = part.read(PIECE)
    if piece.lstrip(BEFORE_XML)[:1] not in {b"<", b""}:
        return
    while piece:
        has_rows = has_rows and not HIDING.search(last + piece)
        # A row's end that two pieces share is not seen, which a row's bound has room for.
        for number, row in enumerate(ROW_END.split(piece) if has_rows else [piece]):
            tags = (0 if number else tags) + row.count(b"<")
            if tags > most:
                raise UnreadableRowsError(f"{name} has too many elements; save the sheet as CSV")
        last, piece = piece[-1:], part.read(PIECE)
