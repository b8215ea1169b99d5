"""`make check` names the mistakes in landfall.yaml, and `make schema` describes its settings."""

import io
import json
from pathlib import Path

from landfall.cli import configuration_page, schema
from landfall.cli.check import check

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


def said(*arguments: str) -> tuple[int, list[str]]:
    """Return the command's exit code and lines."""
    out = io.StringIO()
    return check(arguments, {}, out), out.getvalue().splitlines()


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
