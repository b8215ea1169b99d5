"""`make check` names the mistakes in landfall.yaml, and `make schema` describes its settings."""

import io
import json
from pathlib import Path

import pytest

from landfall.cli import configuration_page, schema
from landfall.cli.check import check
from landfall.cli.overlaps import overlap
from landfall.config.path_template import PathTemplate

WRONG = """\
imports:
  - name: customers
    path: "customers/{company}/{name}.csv"
    format: CVS
    entity: Customers V3
  - name: vendors
    path: "vendors/{name}.csv"
    entity: Vendors V2
    delimiter: ":"
exports:
  - name: groups
    data_project: Groups
    companies: [USMF]
    schedule: "0 0 25 * * *"
    colour: red
"""


MISSPELT = """\
imports:
  - {name: a, path: "a/{company}/{n}.zip", data_projekt: A}
  - {name: b, path: "b/{n}.zip", company: NO}
  - {name: c, path: "c/{n}.zip", company: 0123}
  - {name: d, path: "d/{company}/{n}/_READY", data_project: D, parts: [{fil: c.csv, entity: C, format: CSV}]}
exports:
  - {name: e, data_project: E, companies: [USMF, 1.5], schedule: 0 0 6 * * *, target: "{company}/{slot}.zip"}
poling: {}
"""
NEEDY = """\
environments: [uat]
exports:
  - {name: e, data_project: E, companies: [USMF], schedule: "%WHEN%"}
notices: {webhook: "%HOOK%", secret: "%KEY%"}
"""
SHADOWED = """\
imports:
  - {name: all, path: "a/{company}/{n}.csv", entity: A, format: CSV}
  - {name: june, path: "a/{company}/june_{n}.csv", entity: A, format: CSV}
  - {name: deep, path: "{d}/{company}/{n}.csv", entity: A, format: CSV}
  - {name: parts, path: "b/{company}/_READY", data_project: B, parts: [{file: c.csv, entity: C, format: CSV}]}
"""


def said(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    """Return the command's exit code and lines."""
    out = io.StringIO()
    return check(arguments, environment, out), out.getvalue().splitlines()


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    """Every mistake is named with its line."""
    file = tmp_path / "landfall.yaml"
    file.write_text(WRONG, encoding="utf-8")
    code, lines = said(str(file))
    assert code == 1
    assert [line.rsplit(": ", 1)[0].split(": ")[:2] for line in lines] == [
        ["landfall.yaml:4", "imports.customers.format"],
        ["landfall.yaml:9", "imports.vendors.delimiter"],
        ["landfall.yaml:14", "exports.groups.schedule"],
        ["landfall.yaml:15", "exports.groups.colour"],
    ]


def test_a_good_file_has_no_mistakes() -> None:
    """The file that ships has no mistakes, and the command says what it contains."""
    code, lines = said()
    assert code == 0
    assert lines[0].startswith("landfall.yaml: ")
    assert lines[0].endswith("no mistakes")


def test_a_likely_spelling_is_suggested(tmp_path: Path) -> None:
    """Of a setting of the same section, or of an app setting; quotes for what YAML takes for something else."""
    file = tmp_path / "landfall.yaml"
    file.write_text(MISSPELT, encoding="utf-8")
    code, lines = said(str(file))
    assert code == 1
    assert lines == [
        "landfall.yaml:2: imports.a.data_projekt: there is no such setting; did you mean data_project?",
        'landfall.yaml:3: imports.b.company: YAML reads NO as a boolean, not as text: write "NO", with the quotes',
        'landfall.yaml:4: imports.c.company: YAML reads 0123 as a number, not as text: write "0123", with the quotes',
        "landfall.yaml:5: imports.d.parts.0.file: Field required",
        "landfall.yaml:5: imports.d.parts.0.fil: there is no such setting; did you mean file?",
        'landfall.yaml:7: exports.e.companies.1: YAML reads 1.5 as a number, not as text: write "1.5", with the quotes',
        "landfall.yaml:8: poling: there is no such setting; did you mean polling?",
    ]
    assert any("FNO_TENNANT: there is no such setting; did you mean" in line for line in said(FNO_TENNANT="x")[1])


def test_the_needed_app_settings_are_named(tmp_path: Path) -> None:
    """Whether each is set is said, its value is not."""
    file = tmp_path / "landfall.yaml"
    file.write_text(NEEDY, encoding="utf-8")
    code, lines = said(str(file), FNO_URL="https://s3cr3t", FNO_CERTIFICATE="s3cr3t", WHEN="s3cr3t", KEY="")
    assert code == 0
    assert not any("s3cr3t" in line for line in lines)
    assert [line.split("  (")[0].strip() for line in lines[3:]] == [
        "set      FNO_URL",
        "not set  FNO_TENANT",
        "not set  FNO_CLIENT_ID",
        "set      FNO_CERTIFICATE",
        "not set  FNO_UAT_URL",
        "not set  FNO_UAT_TENANT",
        "not set  FNO_UAT_CLIENT_ID",
        "not set  FNO_UAT_CLIENT_SECRET",
        "not set  DataStorage",
        "set      WHEN",
        "not set  HOOK",
        "not set  KEY",
    ]
    assert "exports.e.schedule (landfall.yaml:3)" in lines[-3]


def test_routes_that_take_the_same_paths_are_named(tmp_path: Path) -> None:
    """The first route gets the files: the second gets none, or not all that its path says."""
    file = tmp_path / "landfall.yaml"
    file.write_text(SHADOWED, encoding="utf-8")
    never = "imports.june never takes a file, because imports.all takes all of its paths: move it before imports.all"
    code, lines = said(str(file))
    assert code == 0
    assert [line for line in lines if line.startswith("note: ")] == [
        f"note: landfall.yaml:3: {never}",
        "note: landfall.yaml:4: imports.all takes some of the paths of imports.deep, such as a/x/x.csv",
        "note: landfall.yaml:4: imports.june takes some of the paths of imports.deep, such as a/x/june_x.csv",
        "note: landfall.yaml:5: imports.deep takes some of the paths of imports.parts, such as b/x/c.csv",
    ]


@pytest.mark.parametrize(
    ("one", "other", "example", "covers"),
    [
        ("p/{company}/{n}.zip", "p/{company}/{m}.ZIP", "p/x/x.zip", True),
        ("p/{company}/{n}.zip", "p/{company}/june.zip", "p/x/june.zip", True),
        ("p/{company}/june.zip", "p/{company}/{n}.zip", "p/x/june.zip", False),
        ("p/{company}_{n}.csv", "p/{n}_{company}.csv", "p/x_x.csv", False),
        ("p/{n}.csv", "p/{company}_{n}.csv", "p/x_x.csv", True),
        ("p/{n}.csv", "p/{n}.xlsx", "", False),
        ("p/{n}.csv", "p/{d}/{n}.csv", "", False),
        ("p/{n}a.csv", "p/b{n}.csv", "p/ba.csv", False),
    ],
)
def test_templates_are_compared_exactly(one: str, other: str, example: str, covers: bool) -> None:  # noqa: FBT001  the case's value
    """A path that both take is found where there is one, and both do match it."""
    templates = PathTemplate(one), PathTemplate(other)
    assert overlap(*templates) == (example, covers)
    assert all(each.match(example) is not None for each in templates) == bool(example)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that does not exist is named."""
    code, lines = said(str(tmp_path / "none.yaml"))
    assert code == 1
    assert "none.yaml: No such file" in lines[0]


def test_the_schema_is_that_of_the_model() -> None:
    """landfall.schema.json is what `make schema` writes."""
    assert schema.FILE.read_text(encoding="utf-8") == schema.schema_text()


def test_the_page_is_that_of_the_models() -> None:
    """docs/configuration.md is what `make schema` writes."""
    assert configuration_page.FILE.read_text(encoding="utf-8") == configuration_page.page_text()


def test_the_page_has_every_setting() -> None:
    """The page has the file's sections at every depth, and the app settings."""
    page = configuration_page.page_text()
    assert "### imports[].parts[]" in page
    assert "| `cap_seconds` |" in page
    assert "| `FNO_URL` | The environment's URL" in page
    assert "| `DataStorage__blobServiceUri` |" in page


def test_the_schema_describes_its_properties() -> None:
    """The schema describes a route's fields."""
    route = json.loads(schema.schema_text())["$defs"]["ImportRoute"]["properties"]
    assert "staging" in route["execute"]["description"]
    assert route["path"]["type"] == "string"


def test_names_that_mean_nothing_are_noted(tmp_path: Path) -> None:
    """A misspelt route in `after` or `except` stops nothing, but is probably not what was meant."""
    file = tmp_path / "landfall.yaml"
    file.write_text(
        "imports:\n"
        '  - {name: a, path: "a/{company}/{n}.zip", after: [customers]}\n'
        "freeze:\n"
        '  - {from: "22:00", to: "02:00", reason: x, except: [prices, a]}\n',
        encoding="utf-8",
    )
    code, lines = said(str(file))
    assert code == 0
    assert "note: landfall.yaml:2: imports.a.after: there is no route customers, so nothing is waited for" in lines
    assert "note: landfall.yaml:4: freeze.0.except: there is no route and no export prices" in lines
