"""Import routes of landfall.yaml are read, and settings that contradict each other are mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.config.import_routes import ImportRoute
from landfall.config.path_template import PathTemplate
from landfall.config.plan_file import SettingsError, read_plan
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.manifest_writing import write_header, write_manifest
from tests.unit.made_packages import zipped

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="/{}", exclude_categories=("Cs",)), min_size=1)
COMPANIES = st.from_regex(r"[A-Z0-9]{1,4}", fullmatch=True)


def route(tmp_path: Path, text: str) -> ImportRoute:
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
    """A route with only a path takes packages."""
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
    """A raw route's entity is set, captured by the path, or the template's only one."""
    make_template(tmp_path, GROUPS)
    found = route(tmp_path, f"name: r, {text}")
    assert found.is_raw
    assert found.entity_of({"entity": "From the path"} if "{entity}" in text else {}) == entity


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path: 'c/{name}.csv', entity: A, format: CSV", "the company is missing"),
        ("path: 'c/{company}/x.csv', entity: A", "the format is missing"),
        ("path: 'c/{company}/x.csv', entity: A, format: XLSX", "Input should be 'CSV'"),
        ("path: 'c/{company}/x.csv', format: CSV", "only routes for raw files use format"),
        (
            "path: 'c/{company}/x.csv', delimiter: ';', encoding: utf-8",
            "only routes for raw files use delimiter, encoding",
        ),
        ("path: 'c/{company}/{entity}.csv', entity: A, format: CSV", "the entity is set twice"),
        (
            "path: 'c/{company}/x.csv', entity: A, format: EXCEL, delimiter: ';'",
            "EXCEL files have no delimiter to set",
        ),
        (
            "path: 'c/{company}/x.csv', entity: A, format: CSV, encoding: ansi1",
            "'ansi1' is not a known encoding",
        ),
        (
            "path: 'c/{company}/x.csv', template: none.zip",
            "the template none.zip is not beside landfall.yaml",
        ),
        ("path: 'c/{company}/x.csv', template: landfall.yaml", "landfall.yaml is not a usable template"),
        ("path: 'c/{company}/x.csv', template: template.zip", "several entities: set entity to one of them"),
        ("path: 'c/{company}/x.csv', template: template.zip, entity: A", "the template has no entity A"),
        (
            "path: 'c/{company}/x.csv', template: template.zip, entity: Odd",
            "cannot wrap files of the template's format Fixed width",
        ),
        (
            "path: 'c/{company}/x.csv', template: template.zip, entity: Customer groups, format: CSV",
            "the template already sets the format",
        ),
        ("path: 'c/{company}{name}.csv'", "two captures side by side"),
        ("path: 'c/{company}/x', order: any", "Input should be 'landing' or 'strict'"),
        ("path: 'c/{company}/x', on_failure: stop", "Input should be 'continue' or 'hold'"),
    ],
)
def test_contradicting_settings_are_mistakes(tmp_path: Path, text: str, said: str) -> None:
    """The message names the mistake and what to do."""
    make_template(tmp_path, GROUPS, CUSTOMERS, FIXED)
    with pytest.raises(SettingsError) as raised:
        route(tmp_path, f"name: r, {text}")
    assert str(raised.value).startswith("landfall.yaml:2: imports.r")
    assert said in str(raised.value)


PART = "{file: a.csv, entity: A, format: CSV}"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (f"[{PART}], entity: A", "a route with parts cannot have entity"),
        ("[{file: a.csv, format: CSV}]", "the part a.csv has no entity"),
        ("[{file: a.csv, entity: A}]", "the format is missing"),
        ("[{file: a.csv, entity: A, format: CSV, optional: true}]", "every part is optional"),
        (f"[{PART}, {{file: A.CSV, entity: B, format: CSV}}]", "two parts have the same file a.csv"),
        (f"[{PART}, {{file: b.csv, entity: A, format: CSV}}]", "two parts have the same entity A"),
        ("[{file: b/a.csv, entity: A, format: CSV}]", "b/a.csv cannot be a part"),
        ("[{file: _READY, entity: A, format: CSV}]", "_READY cannot be a part"),
        ("[{file: a.csv}], template: template.zip", "the part a.csv has no entity"),
        ("[{file: a.csv, entity: A}], template: template.zip", "the template has no entity A"),
    ],
)
def test_contradicting_parts_are_mistakes(tmp_path: Path, parts: str, said: str) -> None:
    """Each part needs a file and an entity of its own, and together they need a data project."""
    make_template(tmp_path, GROUPS)
    with pytest.raises(SettingsError) as raised:
        route(tmp_path, f"name: r, path: 'b/{{company}}/{{batch}}/_READY', data_project: B, parts: {parts}")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("b/{company}/{batch}", "must end in the marker's name"),
        ("b/{company}/_READY", "set data_project"),
    ],
)
def test_a_marker_has_a_name_and_a_project(tmp_path: Path, path: str, said: str) -> None:
    """A route with parts needs a marker with a fixed name, and a data project."""
    with pytest.raises(SettingsError, match=said):
        route(tmp_path, f"name: r, path: '{path}', parts: [{PART}]")


@given(COMPANIES, WORDS)
def test_a_company_is_a_token_of_the_files_name(company: str, rest: str) -> None:
    """A company is captured whole, as the first or the last token of a file's name."""
    assert PathTemplate("in/{company}_{rest}.csv").match(f"in/{company}_{rest}.csv") == {
        "company": company,
        "rest": rest,
    }
    assert PathTemplate("in/{rest}_{company}.csv").match(f"in/{rest}_{company}.csv") == {
        "company": company,
        "rest": rest,
    }


@given(st.lists(st.one_of(WORDS, st.sampled_from(["{a}", "{b}", "{company}"])), min_size=1, max_size=6), WORDS)
def test_what_is_captured_put_back_is_the_path(parts: list[str], value: str) -> None:
    """Putting the captures back into the template gives the path."""
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
    """A template without captures matches only itself, also with characters that patterns use."""
    assert PathTemplate(text).match(text) == {}
    assert PathTemplate(text).match(other) is None or text.lower() == other.lower()


def test_routes_that_wait_for_each_other_are_a_mistake(tmp_path: Path) -> None:
    """The last of the circle is named, with the way round; one that waits for itself is a circle too."""
    file = tmp_path / "landfall.yaml"
    one = "  - {name: %s, path: '%s/{company}/{name}.zip', after: [%s]}\n"
    routes = (("a", "a", "b"), ("b", "b", "c"), ("c", "c", "a"), ("d", "d", "d"), ("e", "e", "a"))
    file.write_text("imports:\n" + "".join(one % each for each in routes), encoding="utf-8")
    with pytest.raises(SettingsError) as mistakes:
        read_plan({}, file)
    first, second = str(mistakes.value).splitlines()
    assert first.startswith("landfall.yaml:4: imports.c.after: these routes wait for each other: ")
    assert second.startswith("landfall.yaml:5: imports.d.after: ")
