"""Builds the sample packages from the sources in the folders beside this file: `python samples/build.py [OUT]`.

Each folder is a sample: `sample.yaml` describes it, and CSV files (UTF-8, comma, any line end) hold the rows of its
entities. A package has the encoding and line ends that each entity's `format` has in F&O, and the header row of a
source becomes the manifest's mapping. The bytes of a package depend only on its sources. `samples.json` in OUT lists
the built files and the expected result of each attempt.
"""

# ruff: noqa: INP001 - a script beside its sources, not a package

import csv
import io
import json
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml
from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

HERE = Path(__file__).parent
OUT = HERE.parent / ".local" / "samples"
LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001 - zip and XLSX hold local times, and this one is the same everywhere
SHEET_NAME_LENGTH = 31
NAMESPACES = (
    'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns="http://schemas.microsoft.com/dynamics/2015/01/DataManagement"'
)
SERIALIZATION = "Microsoft.Dynamics.AX.Framework.Tools.DataManagement.Serialization"

Rows = list[list[str]]


def build(out: Path = OUT) -> list[dict[str, Any]]:
    """Write all sample files and samples.json into `out`, and return the content of samples.json."""
    out.mkdir(parents=True, exist_ok=True)
    samples = []
    for source in sorted(HERE.glob("*/sample.yaml")):
        sample = yaml.safe_load(source.read_text(encoding="utf-8"))
        (out / sample["file"]).write_bytes(_content(sample, source.parent))
        samples.append(
            {"name": source.parent.name, **{key: sample[key] for key in ("title", "file", "company", "attempts")}}
        )
    (out / "samples.json").write_text(json.dumps(samples, indent=2) + "\n", encoding="utf-8")
    return samples


def _content(sample: dict[str, Any], folder: Path) -> bytes:
    if "as_it_is" in sample:
        return (folder / sample["as_it_is"]).read_bytes()
    entities = [{"rows": _rows(folder / entity["source"]), **entity} for entity in sample["entities"]]
    return package({**sample, "entities": entities})


def package(sample: dict[str, Any]) -> bytes:
    """The bytes of a data package.

    A sample names its `data_project`, its `entities` (each with `entity`, `format`, and `rows` that begin with the
    header) and `written_by`.
    """
    entities = sample["entities"]
    manifest = _manifest(sample, entities)
    header = _header(sample)
    xml = _as_fno_writes if sample.get("written_by") == "F&O" else _as_tools_write
    files = {"Manifest.xml": xml(manifest), "PackageHeader.xml": xml(header)}
    for entity in entities:
        files[_file_name(entity)] = _data(entity)
    return _zip(files)


def _rows(source: Path) -> Rows:
    with source.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _file_name(entity: dict[str, Any]) -> str:
    return f"{entity['entity']}.{'xlsx' if entity['format'] == 'EXCEL' else 'csv'}"


def _data(entity: dict[str, Any]) -> bytes:
    if entity["format"] == "EXCEL":
        return _xlsx(entity["rows"], _sheet(entity))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(entity["rows"])
    if entity["format"] == "CSV-Unicode":
        return b"\xff\xfe" + text.getvalue().encode("utf-16-le")
    return text.getvalue().encode("utf-8")


def _sheet(entity: dict[str, Any]) -> str:
    return str(entity["entity"]).replace(" ", "_")[: SHEET_NAME_LENGTH - 1]


def _xlsx(rows: Rows, sheet: str) -> bytes:
    book = Workbook()
    book.properties.created = book.properties.modified = LONG_AGO
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(content, "w")).save()
    with zipfile.ZipFile(content) as written:
        return _zip({name: written.read(name) for name in written.namelist()})


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, LONG_AGO.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # the same on every operating system
            archive.writestr(entry, data)
    return content.getvalue()


def _as_fno_writes(xml: str) -> bytes:
    return b"\xff\xfe" + xml.encode("utf-16-le")


def _as_tools_write(xml: str) -> bytes:
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + xml.encode()


def _header(sample: dict[str, Any]) -> str:
    return (
        f"<DataManagementPackageHeader {NAMESPACES}><Description>{escape(sample['data_project'])}</Description>"
        f"<ManifestType>{SERIALIZATION}.DataManagementPackageManifest</ManifestType>"
        "<PackageType>DefinitionGroup</PackageType><PackageVersion>2</PackageVersion></DataManagementPackageHeader>"
    )


def _manifest(sample: dict[str, Any], entities: list[dict[str, Any]]) -> str:
    project = escape(sample["data_project"])
    listed = "".join(_entity(entity, position) for position, entity in enumerate(entities, 1))
    return (
        f"<DataManagementPackageManifest {NAMESPACES}><DefinitionGroupName>{project}</DefinitionGroupName>"
        f"<Description>{project}</Description><PackageEntityList>{listed}</PackageEntityList>"
        "</DataManagementPackageManifest>"
    )


def _entity(entity: dict[str, Any], position: int) -> str:
    """Return an entity's manifest element; F&O reads its children only in alphabetical order (fno-behaviour 3.2)."""
    maps = "".join(_map(escape(column)) for column in entity["rows"][0])
    sheet = f"{_sheet(entity)}$" if entity["format"] == "EXCEL" else ""
    return (
        f"<DataManagementPackageEntityData><EntityMapList>{maps}</EntityMapList>"
        f"<EntityName>{escape(entity['entity'])}</EntityName>"
        f'<EntityTransformList i:nil="true" /><ExcelSheetName>{escape(sheet)}</ExcelSheetName>'
        "<ExecutionUnit>1</ExecutionUnit><FailExecutionUnitOnError>false</FailExecutionUnitOnError>"
        f"<FailLevelOnError>false</FailLevelOnError><InputFilePath>{escape(_file_name(entity))}</InputFilePath>"
        "<LevelInExecutionUnit>1</LevelInExecutionUnit><RunBusinessLogic>true</RunBusinessLogic>"
        "<RunBusinessValidation>true</RunBusinessValidation><SampleFilePath />"
        f"<SequenceInLevel>{position}</SequenceInLevel><SourceFormat>{entity['format']}</SourceFormat>"
        "<ValidationStatus>Yes</ValidationStatus></DataManagementPackageEntityData>"
    )


def _map(column: str) -> str:
    return (
        f"<EntityMap><ArrayIndex>0</ArrayIndex><EntityField>{column}</EntityField>"
        '<EntityFieldConversionList i:nil="true" /><IsAutoDefault>false</IsAutoDefault>'
        "<IsAutoGenerated>false</IsAutoGenerated><IsDefaultValueEqualNull>false</IsDefaultValueEqualNull>"
        f"<UseTextQualifier>false</UseTextQualifier><XMLField>{column}</XMLField></EntityMap>"
    )


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    for each in build(target):
        print(target / each["file"], "-", each["title"])  # noqa: T201 - the script lists what it built
