"""repair.zip has exactly the rejected rows, unchanged, in a package that F&O accepts."""

import codecs
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from landfall.packages.budget import Budget
from landfall.packages.checks import check_data_files, read_package
from landfall.packages.formats import read_rows
from landfall.packages.manifest import Manifest
from landfall.packages.repair import build_repair
from tests.unit.made_packages import MadeEntity, files_of, zipped

TEXTS = ["CSV", "CSV-Unicode", "Tab-delimited"]
FORMATS = [*TEXTS, "XML-Element", "XML-Attribute", "EXCEL"]
ANY = st.text(
    st.characters(
        exclude_categories=("Cs", "Cc"),
        exclude_characters="\ufffe\uffff",
        include_characters="\n,;\t\"'<&=+-@",
    ),
    max_size=12,
)
TEXT = ANY.filter(lambda text: not text.startswith("\ufeff"))
Record = tuple[str, str, str]
"""An ID, a name, and a column that the manifest does not map."""
RECORDS = st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=6)
ENDS = st.sampled_from(["\r\n", "\n"])


def delimited(records: Sequence[Record], kind: str, end: str, whole: bool) -> tuple[list[bytes], bytes]:  # noqa: FBT001  the case's value
    """The lines of a text file, header first, and its byte order mark; if `whole`, the last line has a line end."""
    delimiter = "\t" if kind == "Tab-delimited" else ","
    lines = [delimiter.join(("GROUPID", '"NAME"', "REMARK")) + end]
    for number, values in enumerate(records):
        quotes = [
            f'"{value.replace(chr(34), chr(34) * 2)}"'
            if number % 2 or any(sign in value for sign in '",\t\n') or not value.strip()
            else value
            for value in values
        ]
        lines.append(delimiter.join(quotes) + end)
    if not whole:
        lines[-1] = lines[-1].removesuffix(end)
    encoding, mark = ("utf-16-le", codecs.BOM_UTF16_LE) if kind == "CSV-Unicode" else ("utf-8", b"")
    return [line.encode(encoding) for line in lines], mark


def xml(records: Sequence[Record], kind: str) -> bytes:
    """An XML file on one line, as F&O exports it."""
    if kind == "XML-Element":
        rows = [
            f"<G><GROUPID>{escape(one)}</GROUPID><NAME>{escape(two)}</NAME><REMARK>{escape(three)}</REMARK></G>"
            for one, two, three in records
        ]
    else:
        rows = [
            f"<G GROUPID={quoteattr(one)} NAME={quoteattr(two)} REMARK={quoteattr(three)}/>"
            for one, two, three in records
        ]
    return f'<?xml version="1.0" encoding="utf-8"?><Document>{"".join(rows)}</Document>'.encode()


def workbook(records: Sequence[Record]) -> bytes:
    """A workbook with only text cells."""
    book, held = Workbook(), io.BytesIO()
    page = book.worksheets[0]
    page.title = "Customer_groups"
    for number, values in enumerate([("GROUPID", "NAME", "REMARK"), *records], 1):
        for column, value in enumerate(values, 1):
            cell = page.cell(number, column)
            cell.value, cell.data_type = value, "s"
    book.save(held)
    return held.getvalue()


def content_of(records: Sequence[Record], kind: str) -> bytes:
    """A data file of this format."""
    if kind in TEXTS:
        lines, mark = delimited(records, kind, "\r\n", whole=True)
        return mark + b"".join(lines)
    return workbook(records) if kind == "EXCEL" else xml(records, kind)


def packed(*entities: tuple[MadeEntity, bytes], utf16: bool = False) -> bytes:
    """A package with these entities and files."""
    files = files_of(*(entity for entity, _ in entities)) | {entity.file: data for entity, data in entities}
    if utf16:
        files["Manifest.xml"] = codecs.BOM_UTF16_LE + files["Manifest.xml"].decode().encode("utf-16-le")
    return zipped(files | {"Resources/map.xslt": b"<x/>"})


def repaired(content: bytes, refused: dict[int, set[int]]) -> tuple[zipfile.ZipFile, Manifest]:
    """The repair package for rejected rows, given by entity and row number, and its manifest, checked as at intake."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        manifest = read_package(io.BytesIO(content), len(content))
        positions = {
            entity: [
                row.position
                for number, row in enumerate(read_rows(package, manifest.entities[entity]))
                if number in rows
            ]
            for entity, rows in refused.items()
        }
        build_repair(package, manifest, list(refused), lambda entity: iter(positions[entity]), held)
    found = read_package(held, held.tell())
    archive = zipfile.ZipFile(held)
    check_data_files(archive, found, Budget(len(content)))
    return archive, found


@given(
    st.lists(st.tuples(st.sampled_from(FORMATS), RECORDS, st.sets(st.integers(0, 5))), min_size=1, max_size=4),
    st.booleans(),
)
def test_exactly_the_rejected_rows_are_there(
    drawn: list[tuple[str, list[Record], set[int]]],
    utf16: bool,  # noqa: FBT001  the case's value
) -> None:
    """Any package keeps only its rejected rows, whole and in order, and only the entities that have some."""
    entities = []
    expected: dict[str, list[dict[str, str]]] = {}
    refused: dict[int, set[int]] = {}
    for number, (kind, records, chosen) in enumerate(drawn):
        # Excel and text files do not count a row of only empty values.
        records = [(f"id {place} {one}", two, three) for place, (one, two, three) in enumerate(records)]  # noqa: PLW2901
        entity = MadeEntity(f"Größen {number}", f"file {number}.dat", kind)
        entities.append((entity, content_of(records, kind)))
        if rows := {place for place in chosen if place < len(records)}:
            refused[number] = rows
            expected[entity.label] = [
                {"CUSTOMERGROUPID": records[place][0], "NAME": records[place][1]} for place in sorted(rows)
            ]
    if not refused:
        return
    archive, manifest = repaired(packed(*entities, utf16=utf16), refused)
    with archive:
        # A workbook's row ends at its last cell with a value.
        found = {
            each.label: [{"NAME": ""} | row.values for row in read_rows(archive, each)] for each in manifest.entities
        }
        assert found == expected
        names = {entity.file for number, (entity, _) in enumerate(entities) if number in refused}
        assert set(archive.namelist()) == {"Manifest.xml", "PackageHeader.xml", "Resources/map.xslt", *names}
        assert archive.read("Manifest.xml").startswith(codecs.BOM_UTF16_LE) == utf16


@given(RECORDS, st.sets(st.integers(0, 5), min_size=1), st.sampled_from(TEXTS), ENDS, st.booleans())
def test_text_keeps_every_byte(
    records: list[Record],
    chosen: set[int],
    kind: str,
    end: str,
    whole: bool,  # noqa: FBT001  the case's value
) -> None:
    """Quoting, line ends, byte order marks and unmapped columns stay as in the dropped file."""
    lines, mark = delimited(records, kind, end, whole)
    held = io.BytesIO()
    data = zipped({**files_of(MadeEntity("G", "g.csv", kind)), "g.csv": mark + b"".join(lines)})
    wanted = sorted(place for place in chosen if place < len(records))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        manifest = read_package(io.BytesIO(data), len(data))
        rows = [row.position for row in read_rows(package, manifest.entities[0])]
        if len(rows) < len(records):
            return
        build_repair(package, manifest, [0], lambda _: iter([rows[place] for place in wanted]), held)
    with zipfile.ZipFile(held) as archive:
        assert archive.read("g.csv") == mark + lines[0] + b"".join(lines[1 + place] for place in wanted)


def test_bytes_of_another_code_page_stay() -> None:
    """A file in Windows-1252 is copied unchanged."""
    data = b"GROUPID,NAME\r\n1,M\xfcller\r\n2,Stra\xdfe\r\n"
    archive, _ = repaired(packed((MadeEntity(), data)), {0: {1}})
    assert archive.read("Customer groups.csv") == b"GROUPID,NAME\r\n2,Stra\xdfe\r\n"
    archive.close()


def test_records_of_a_composite_entity_stay_whole() -> None:
    """A header record is copied with its lines and the space around them."""
    data = b'<?xml version="1.0"?>\n<Document>\n <H ID="1"><L N="1"/></H>\n <H ID="2"><L N="1"/><L N="2"/></H>\n</Document>\n'
    entity = MadeEntity("Orders", "o.xml", "XML-Attribute", {"ID": "ID"})
    archive, _ = repaired(packed((entity, data)), {0: {1}})
    assert archive.read("o.xml") == (
        b'<?xml version="1.0"?>\n<Document>\n <H ID="2"><L N="1"/><L N="2"/></H>\n</Document>\n'
    )
    archive.close()


def test_cells_keep_their_types() -> None:
    """Numbers, formatted dates, and text that looks like a formula keep their types."""
    book, held = Workbook(), io.BytesIO()
    page = book.worksheets[0]
    page.append(["GROUPID", "NAME"])
    page.append([1, "x"])
    page.append([datetime(2026, 1, 31), 1.5])  # noqa: DTZ001  cells have no time zone
    page["A3"].number_format = "dd.mm.yyyy"
    page.append(["007", None])
    page["B4"].value, page["B4"].data_type = "=1+1", "s"
    book.save(held)
    archive, manifest = repaired(
        packed((MadeEntity(file="g.xlsx", source_format="EXCEL"), held.getvalue())), {0: {1, 2}}
    )
    with archive, archive.open(manifest.entities[0].file) as content:
        cells = [*load_workbook(io.BytesIO(content.read())).worksheets[0].iter_rows()]
    assert [[cell.value for cell in row] for row in cells] == [
        ["GROUPID", "NAME"],
        [datetime(2026, 1, 31), 1.5],  # noqa: DTZ001  cells have no time zone
        ["007", "=1+1"],
    ]
    assert cells[1][0].number_format == "dd.mm.yyyy"
    assert cells[2][1].data_type == "s"


@pytest.mark.parametrize("kind", FORMATS)
def test_positions_may_be_an_iterator(kind: str) -> None:
    """Positions may come from an iterator, which is consumed as the file is read."""
    records = [(str(number), "x", "") for number in range(50)]
    archive, manifest = repaired(packed((MadeEntity(source_format=kind), content_of(records, kind))), {0: {0, 48}})
    with archive:
        ids = [row.values["CUSTOMERGROUPID"] for row in read_rows(archive, manifest.entities[0])]
    assert ids == ["0", "48"]
