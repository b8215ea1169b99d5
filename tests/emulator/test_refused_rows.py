"""The rows that Landfall names are those that F&O refused, and come back to be corrected."""

import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landfall.fno.messages import read_messages
from landfall.packages.budget import Budget
from landfall.packages.checks import check_data_files, read_package
from landfall.packages.error_files import read_failed_rows
from landfall.packages.errors_csv import to_csv
from landfall.packages.formats import read_rows
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.rejections import NO_MESSAGE, Rejection, Rejections
from landfall.packages.repair import build_repair
from tests.emulator.data_files import FORMATS, TEXTS, Rows, read, write
from tests.emulator.engine import Engine, Imported
from tests.unit.made_packages import MadeEntity, files_of, zipped

NAME = "ROWNAME"
"""The first column of each file, which names its rows and is not mapped."""
FIELDS = {
    "Customers V3": {
        "CUSTOMERACCOUNT": [
            "",
            "A1",
            "a1 ",
            " A1",
            "A2",
            "A,2;|x",
            'q"x',
            '"Q',
            "é",
            "É",
            "=1",
            "x" * 21,
            "y" * 22,
            "N99",
        ],
        "ORGANIZATIONNAME": ["Good", "Good", "", "o" * 101, "A1", "O'Brien's"],
        "CUSTOMERGROUPID": ["10", "10", "20", "", "N99", "N98", "\uff1d1"],
        "SALESCURRENCYCODE": ["USD", "EUR", "USD", "XXX", "EURO"],
        "NAMEALIAS": ["", "short", "x" * 21],
        "CREDITLIMIT": ["", "1.50", "1,5", "much"],
    },
    "Exchange rates": {
        "RATETYPENAME": ["Default", "default ", "Other", "", "r" * 21],
        "FROMCURRENCY": ["EUR", "USD", "", "XXX"],
        "TOCURRENCY": ["USD", "EUR", "NON"],
        "STARTDATE": ["2024-01-31", "1/31/2024", "2024-1-31 00:00:00", "", "31.01.2024"],
        "RATE": ["1.5", "", "0", "much"],
    },
}
"""By entity: values of its fields, good ones and such as F&O refuses, alone or together with others."""
RECORDS = {"Customers V3": "CUSTCUSTOMERV3ENTITY", "Exchange rates": "EXCHANGERATEENTITY"}
KEYS = {"Customers V3": ("CUSTOMERACCOUNT", "K%d"), "Exchange rates": ("RATETYPENAME", "T%d")}
"""By entity: a field of its key, and new values for it."""


@dataclass(frozen=True)
class Part:
    """An entity of a package: its format, the staging fields of each of its columns, and its rows."""

    entity: str
    source_format: str
    columns: dict[str, tuple[str, ...]]
    rows: Rows

    @property
    def made(self) -> MadeEntity:
        """Its place in the manifest."""
        return MadeEntity(self.entity, f"{self.entity}.xlsx", self.source_format, self.columns)

    def data(self, rows: Rows) -> bytes:
        """Its data file with these rows."""
        return write(self.source_format, [NAME, *self.columns], rows, RECORDS[self.entity])


@st.composite
def parts(draw: st.DrawFn, entity: str, most: int) -> Part:
    """An entity with any rows; its columns may have each other's names, and one may feed two fields."""
    values = FIELDS[entity]
    source_format = draw(st.sampled_from(FORMATS))
    names = draw(st.permutations(list(values))) if draw(st.booleans()) else list(values)
    columns = {name: (field,) for name, field in zip(names, values, strict=True)}
    if entity == "Customers V3" and draw(st.booleans()):
        alias = next(name for name, (field,) in columns.items() if field == "NAMEALIAS")
        account = next(name for name, (field,) in columns.items() if field == "CUSTOMERACCOUNT")
        del columns[alias]
        columns[account] = ("CUSTOMERACCOUNT", "NAMEALIAS")
    cells = [st.sampled_from(values[fields[0]]) for fields in columns.values()]
    rows = [[f"#{n}", *row] for n, row in enumerate(draw(st.lists(st.tuples(*cells), min_size=1, max_size=most)))]
    if source_format in TEXTS and draw(st.booleans()):
        rows.append([f"#{len(rows)}", "of its own", "short"])
    return Part(entity, source_format, columns, rows)


def packages(most: int) -> st.SearchStrategy[list[Part]]:
    """Packages of one entity or of both."""
    one, two = parts("Customers V3", most), parts("Exchange rates", most)
    return st.one_of(st.tuples(one), st.tuples(two), st.tuples(two, one)).map(list)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An environment of its own."""
    return Engine(tmp_path_factory.mktemp("engine"))


def packed(package: Sequence[Part]) -> bytes:
    """The package as it is dropped."""
    files = files_of(*(part.made for part in package))
    return zipped(files | {part.made.file: part.data(part.rows) for part in package})


def explain(content: bytes, imported: Imported, messages: str, folder: Path) -> tuple[Manifest, list[Rejection], bytes]:
    """The package's manifest, the lines of errors.csv, and repair.zip, made as the app makes them."""
    repaired = io.BytesIO()
    with closing(Rejections()) as rejections, zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = read_package(io.BytesIO(content), len(content))
        check_data_files(archive, manifest, Budget(1 << 20))
        runs = {run.entity: run for run in imported.entities}
        for number, entity in enumerate(manifest.entities):
            run = runs[entity.label]
            for stage, file in (("staging", imported.staging_errors(run)), ("target", imported.error_keys(run))):
                (folder / stage).write_bytes(file)
                rows = read_failed_rows(folder / stage, entity, whole=stage == "staging")
                rejections.take_failed(number, stage, rows)  # type: ignore[arg-type]  mypy widens the literals
            rejections.look_through(read_rows(archive, entity), number)
            rejections.settle(number)
        rejections.join(read_messages(io.StringIO(messages)), sum(run.failed for run in runs.values()))
        chosen = [number for number, (_, found) in rejections.counts().items() if found]
        lines = list(rejections.lines())
        assert b"".join(to_csv(lines, manifest.entities, chosen))
        build_repair(archive, manifest, chosen, rejections.positions, repaired)
    return manifest, lines, repaired.getvalue()


def names_by_line(content: bytes, part: Part) -> dict[str, list[str]]:
    """For each line of a part's data file, the names of its rows: an XML file may be one line."""
    named = PackageEntity(part.entity, part.made.file, part.source_format, {NAME: NAME})
    found: dict[str, list[str]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for row in read_rows(archive, named):
            found.setdefault(str(row.line), []).append(row.values[NAME])
    return found


def corrected(content: bytes, package: Sequence[Part]) -> bytes:
    """repair.zip with each row corrected in place: good values, under keys that occur once."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for part in package:
        if part.made.file not in files:
            continue
        good = {field: next(filter(None, values)) for field, values in FIELDS[part.entity].items()}
        key, value = KEYS[part.entity]
        rows = [
            [line[0], *((good | {key: value % n})[fields[0]] for fields in part.columns.values())]
            for n, line in enumerate(read(part.source_format, files[part.made.file])[1:])
        ]
        files[part.made.file] = part.data(rows)
    return zipped(files)


def check(engine: Engine, folder: Path, package: list[Part], order: Random) -> None:
    """What the tests below promise."""
    content = packed(package)
    imported = engine.run_import(content)
    messages = json.loads(imported.messages())
    order.shuffle(messages)
    manifest, lines, repaired = explain(content, imported, json.dumps(messages), folder)
    assert [line for line in lines if line.entity is not None and line.line is None] == []
    for number, part in enumerate(package):
        (run,) = (run for run in imported.entities if run.entity == part.entity)
        refused = imported.refused(run, [row[0] for row in part.rows])
        with zipfile.ZipFile(io.BytesIO(repaired)) as archive:
            back = read(part.source_format, archive.read(part.made.file)) if refused else [[]]
        assert [line[0] for line in back[1:]] == [row[0] for row in part.rows if row[0] in refused]
        by_line = names_by_line(content, part)
        own = [line for line in lines if line.entity == number]
        assert len(own) == len(refused)
        for line in own:
            assert line.message in {NO_MESSAGE, *(refused.get(name) for name in by_line[str(line.line)])}
    assert [each.label for each in manifest.entities] == [part.entity for part in package]
    if any(run.failed for run in imported.entities):
        again = engine.run_import(corrected(repaired, package))
        assert [run.failed for run in again.entities] == [0] * len(again.entities)
        assert again.messages() == "[]"


@given(packages(most=6), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_refused_rows_are_named(engine: Engine, tmp_path: Path, package: list[Part], order: Random) -> None:
    """Every refused row and no other is named, given back and, once corrected, imported; none has another's message."""
    check(engine, tmp_path, package, order)


@pytest.mark.slow
@given(packages(most=40), st.randoms(use_true_random=False))
@settings(max_examples=600, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_refused_rows_of_larger_files(
    engine: Engine, tmp_path: Path, package: list[Part], order: Random
) -> None:
    """The same holds for larger files."""
    check(engine, tmp_path, package, order)
