"""Routes of landfall.yaml: what they say together, and what they must not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.config.import_routes import Import
from landfall.config.path_template import PathTemplate
from landfall.config.plan_file import SettingsError, read_plan
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.manifest_writing import write_header, write_manifest
from tests.unit.made_packages import zipped

WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="/{}", exclude_categories=("Cs",)), min_size=1
)
COMPANIES = st.from_regex(r"[A-Z0-9]{1,4}", fullmatch=True)


def route(tmp_path: Path, text: str) -> Import:
    """The only route of a landfall.yaml."""
    file = tmp_path / "landfall.yaml"
    file.write_text(f"imports:\n  - {{{text}}}\n", encoding="utf-8")
    return read_plan({}, file).imports[0]


def make_template(tmp_path: Path, *entities: PackageEntity) -> None:
    """A template beside landfall.yaml."""
    files = {
        "Manifest.xml": write_manifest(Manifest("Template", entities)),
        "PackageHeader.xml": write_header("Template"),
        **{each.file: b"" for each in entities},
    }
    (tmp_path / "template.zip").write_bytes(zipped(files))


GROUPS = PackageEntity("Customer groups", "g.csv", "CSV", {"ID": "ID"})
CUSTOMERS = PackageEntity("Customers V3", "c.xlsx", "EXCEL", {"ID": "ID"})
FIXED = PackageEntity("Odd", "o.dat", "Fixed width", {"ID": "ID"})


def test_a_route_needs_nothing_but_its_path(tmp_path: Path) -> None:
    """It takes packages then, and whatever their manifests say."""
    found = route(tmp_path, "name: p, path: 'packages/{company}/{name}.zip'")
    assert (found.is_raw, found.data_project, found.execute, found.overwrite) == (False, None, True, True)
    assert (found.order, found.on_failure) == ("landing", "continue")


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("path: 'c/{company}/{name}.csv', entity: Customers V3, format: CSV", "Customers V3"),
        ("path: 'c/{company}/{entity}.csv', format: CSV-Unicode", "From the path"),
        ("path: 'c/{company}/{name}.csv', template: template.zip", "Customer groups"),
    ],
)
def test_a_raw_routes_entity_is_known(tmp_path: Path, text: str, entity: str) -> None:
    """It is named, captured, or the template's only one."""
    make_template(tmp_path, GROUPS)
    found = route(tmp_path, f"name: r, {text}")
    assert found.is_raw
    assert found.entity_of({"entity": "From the path"} if "{entity}" in text else {}) == entity


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path: 'c/{name}.csv', entity: A, format: CSV", "say which company"),
        ("path: 'c/{company}/x.csv', entity: A", "say which format F&O shall read"),
        ("path: 'c/{company}/x.csv', entity: A, format: XLSX", "Input should be 'CSV'"),
        ("path: 'c/{company}/x.csv', format: CSV", "format is for raw files"),
        (
            "path: 'c/{company}/x.csv', delimiter: ';', encoding: utf-8",
            "delimiter, encoding is for raw files",
        ),
        ("path: 'c/{company}/{entity}.csv', entity: A, format: CSV", "the entity is said twice"),
        (
            "path: 'c/{company}/x.csv', entity: A, format: EXCEL, delimiter: ';'",
            "for delimited text, not for EXCEL",
        ),
        ("path: 'c/{company}/x.csv', entity: A, format: CSV, encoding: ansi1", "'ansi1' is no encoding"),
        ("path: 'c/{company}/x.csv', template: none.zip", "there is no file none.zip beside landfall.yaml"),
        ("path: 'c/{company}/x.csv', template: landfall.yaml", "landfall.yaml is no package"),
        ("path: 'c/{company}/x.csv', template: template.zip", "several entities: say which one by entity"),
        ("path: 'c/{company}/x.csv', template: template.zip, entity: A", "the template has no entity A"),
        (
            "path: 'c/{company}/x.csv', template: template.zip, entity: Odd",
            "format Fixed width are not wrapped",
        ),
        (
            "path: 'c/{company}/x.csv', template: template.zip, entity: Customer groups, format: CSV",
            "the template says the format",
        ),
        ("path: 'c/{company}{name}.csv'", "two captures side by side"),
        ("path: 'c/{company}/x', order: any", "Input should be 'landing' or 'strict'"),
        ("path: 'c/{company}/x', on_failure: stop", "Input should be 'continue' or 'hold'"),
    ],
)
def test_what_does_not_fit_together_is_said(tmp_path: Path, text: str, said: str) -> None:
    """Whoever writes the route reads what to do about it."""
    make_template(tmp_path, GROUPS, CUSTOMERS, FIXED)
    with pytest.raises(SettingsError) as raised:
        route(tmp_path, f"name: r, {text}")
    assert str(raised.value).startswith("landfall.yaml:2: imports.0")
    assert said in str(raised.value)


PART = "{file: a.csv, entity: A, format: CSV}"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (f"[{PART}], entity: A", "with parts, say entity of each part"),
        ("[{file: a.csv, format: CSV}]", "say the entity of the part a.csv"),
        ("[{file: a.csv, entity: A}]", "say which format"),
        ("[{file: a.csv, entity: A, format: CSV, optional: true}]", "must not be optional"),
        (f"[{PART}, {{file: A.CSV, entity: B, format: CSV}}]", "two parts have the same file a.csv"),
        (f"[{PART}, {{file: b.csv, entity: A, format: CSV}}]", "two parts have the same entity A"),
        ("[{file: b/a.csv, entity: A, format: CSV}]", "b/a.csv cannot be a part"),
        ("[{file: _READY, entity: A, format: CSV}]", "_READY cannot be a part"),
        ("[{file: a.csv}], template: template.zip", "say the entity of the part a.csv"),
        ("[{file: a.csv, entity: A}], template: template.zip", "the template has no entity A"),
    ],
)
def test_parts_that_do_not_fit_together_are_said(tmp_path: Path, parts: str, said: str) -> None:
    """A batch's parts have each its file and its entity, and all one project."""
    make_template(tmp_path, GROUPS)
    with pytest.raises(SettingsError) as raised:
        route(tmp_path, f"name: r, path: 'b/{{company}}/{{batch}}/_READY', data_project: B, parts: {parts}")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("b/{company}/{batch}", "ends in the marker's own name"),
        ("b/{company}/_READY", "say which data_project"),
    ],
)
def test_a_marker_has_a_name_and_a_project(tmp_path: Path, path: str, said: str) -> None:
    """The marker's name is fixed, and somebody must say where the package goes."""
    with pytest.raises(SettingsError, match=said):
        route(tmp_path, f"name: r, path: '{path}', parts: [{PART}]")


@given(COMPANIES, WORDS)
def test_a_company_is_a_token_of_the_files_name(company: str, rest: str) -> None:
    """First or last among any number of tokens, it is found whole."""
    assert PathTemplate("in/{company}_{rest}.csv").match(f"in/{company}_{rest}.csv") == {
        "company": company,
        "rest": rest,
    }
    assert PathTemplate("in/{rest}_{company}.csv").match(f"in/{rest}_{company}.csv") == {
        "company": company,
        "rest": rest,
    }


@given(
    st.lists(st.one_of(WORDS, st.sampled_from(["{a}", "{b}", "{company}"])), min_size=1, max_size=6), WORDS
)
def test_what_is_captured_put_back_is_the_path(parts: list[str], value: str) -> None:
    """A route that takes a path says which one it was."""
    template = "/".join(parts)
    try:
        found = PathTemplate(template)
    except ValueError:
        return
    path = template
    for name in found.captures:
        path = path.replace(f"{{{name}}}", value)
    captures = found.match(path)
    assert captures is not None
    again = template
    for name, captured in captures.items():
        again = again.replace(f"{{{name}}}", captured)
    assert again == path


@given(WORDS, WORDS)
def test_a_template_without_captures_takes_itself_alone(text: str, other: str) -> None:
    """Letters of a path mean themselves, whatever they mean in patterns."""
    assert PathTemplate(text).match(text) == {}
    assert (PathTemplate(text).match(other) is None) == (text != other)
