"""`sources` says how an environment's F&O reads delimited text; a mistake there sends nothing to that environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from landfall.config.plan import Plan
from landfall.config.usable import Usable, read_usable
from landfall.packages.manifest import Dialect

ROUTES = """\
environments: [uat]
imports:
  - {name: packages, path: "packages/{company}/{name}.zip"}
  - {name: uat, path: "uat/{company}/{name}.zip", environment: uat}
sources:
"""
URLS = {"FNO_URL": "https://contoso.operations.dynamics.com", "FNO_UAT_URL": "https://uat.operations.dynamics.com"}


def plan(*sources: dict[str, str]) -> Plan:
    """A plan with these data sources."""
    return Plan.model_validate({"environments": ["uat"], "sources": sources})


def test_a_format_is_read_as_its_environment_reads_it() -> None:
    """What an entry leaves out is as F&O sets it up, and each environment has its own."""
    found = plan(
        {"format": "CSV", "delimiter": ";", "encoding": "windows-1252"},
        {"format": "csv", "environment": "uat", "text_qualifier": "'"},
        {"format": "CSV-Unicode", "delimiter": "|"},
        {"format": "Bank file", "delimiter": "^"},
    )
    assert found.dialects("") == {
        "CSV": Dialect(";", "cp1252"),
        "CSV-UNICODE": Dialect("|", "utf-16-le"),
        "BANK FILE": Dialect("^"),
    }
    assert found.dialects("uat") == {"CSV": Dialect(qualifier="'")}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"format": "EXCEL", "delimiter": ";"}, "EXCEL is no delimited text"),
        ({"format": "CSV", "delimiter": '"'}, "delimiter and text_qualifier are the same character"),
        ({"format": "CSV", "delimiter": ";;"}, "at most 1 character"),
        ({"format": "CSV", "encoding": "latin-99"}, "is not a known encoding"),
        ({"format": "CSV", "environment": "prod"}, "prod is not one of environments"),
    ],
)
def test_a_wrong_entry_is_refused(source: dict[str, str], said: str) -> None:
    """The message says what is wrong with the entry."""
    with pytest.raises(ValidationError, match=said):
        plan(source)


def test_one_format_has_one_entry_in_an_environment() -> None:
    """A format that is set up twice would be read in one of two ways."""
    with pytest.raises(ValidationError, match="csv is set up twice"):
        plan({"format": "CSV"}, {"format": "csv", "delimiter": ";"})


def usable(folder: Path, source: str) -> Usable:
    """What can be used of a file with this entry in `sources`."""
    file = folder / "landfall.yaml"
    file.write_text(f"{ROUTES}  - {source}\n", encoding="utf-8")
    return read_usable(URLS, file)


@pytest.mark.parametrize(
    ("source", "routes"),
    [
        ("{format: CSV, delimiter: ;}", ["packages", "uat"]),
        ("{format: CSV, delimitr: ;}", ["uat"]),
        ("{format: CSV, delimiter: ;;, environment: uat}", ["packages"]),
        ("{format: CSV, environment: prod}", []),
        ("semicolons", []),
    ],
)
def test_a_mistake_sends_nothing_where_it_would_be_read_wrongly(tmp_path: Path, source: str, routes: list[str]) -> None:
    """An environment whose entry has a mistake is left out, because its files could be read as other rows."""
    found = usable(tmp_path, source)
    assert [each.name for each in found.plan.imports] == routes
    assert bool(found.mistakes) == (len(routes) < len(URLS))
