"""Settings: every mistake is named with its place, and no secret is shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from landfall.config.plan import Plan
from landfall.config.plan_file import SettingsError, read_plan
from landfall.config.settings import read_settings

PLAN = """\
imports:
  - name: packages
    path: "packages/{company}/{name}.zip"
exports:
  - name: groups
    data_project: Customer groups
    companies: [usmf]
    schedule: "0 0 6 * * *"
"""
ENVIRONMENT = {
    "FNO_URL": "https://Contoso.operations.dynamics.com/",
    "FNO_TENANT": "contoso",
    "FNO_CLIENT_ID": "app",
    "FNO_CLIENT_SECRET": "s3cr3t-of-fno",
    "DataStorage": "AccountName=a;AccountKey=s3cr3t-of-storage",
}
READ_ALL = """
import sys
opened = []
sys.addaudithook(lambda event, about: opened.append(str(about[0])) if event == "open" else None)
from landfall.config import settings
assert settings.settings().plan is settings.plan()
assert settings.export_timers()
print(sum(name.endswith("landfall.yaml") for name in opened))
"""


def plan(tmp_path: Path, text: str, **environment: str) -> Plan:
    """The plan of a landfall.yaml with this text."""
    file = tmp_path / "landfall.yaml"
    file.write_text(text, encoding="utf-8")
    return read_plan(environment, file)


def mistakes(tmp_path: Path, text: str, **environment: str) -> list[str]:
    """The lines of the error for a landfall.yaml with this text."""
    with pytest.raises(SettingsError) as raised:
        plan(tmp_path, text, **environment)
    return str(raised.value).splitlines()


def test_the_file_that_ships_is_valid() -> None:
    """The repository's own landfall.yaml is valid as it is."""
    shipped = read_plan({})
    assert shipped.route("packages").path.match("packages/USMF/a.zip")
    assert shipped.exports


def test_every_setting_is_described() -> None:
    """Editors and docs/configuration.md show a description of one line for each setting."""
    schema = Plan.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        for name, about in model.get("properties", {}).items():
            described = about if "description" in about else schema["$defs"][about["$ref"].rpartition("/")[2]]
            assert "\n" not in about.get("description", ""), name
            assert described["description"], name


def test_missing_settings_have_defaults(tmp_path: Path) -> None:
    """An empty file is a plan without routes, with the default pace."""
    empty = plan(tmp_path, "")
    assert (empty.imports, empty.exports, empty.polling.cap_seconds) == ((), (), 60)


def test_companies_are_upper_case(tmp_path: Path) -> None:
    """F&O ignores the case of company ids, so Landfall writes them in one way."""
    assert plan(tmp_path, PLAN).exports[0].companies == ("USMF",)


@pytest.mark.parametrize(
    ("old", "new", "start"),
    [
        ("packages/{company}", "packages/{company", "landfall.yaml:3: imports.packages.path: "),
        ("packages/{company}", "packages/all", "landfall.yaml:2: imports.packages: the company is missing"),
        ("imports:", "inports:", "landfall.yaml:1: inports: "),
        ("    data_project: Customer groups\n", "", "landfall.yaml:5: exports.groups.data_project: "),
        ("[usmf]", "[usmf, toolong]", "landfall.yaml:7: exports.groups.companies.1: "),
        ("[usmf]", "usmf", "landfall.yaml:7: exports.groups.companies: it must be a list"),
        ("imports:\n", "imports:\n  - hello\n", "landfall.yaml:2: imports.0: it must consist of settings"),
        ("imports:", "polling: {floor_seconds: .inf}\nimports:", "landfall.yaml:1: polling.floor_seconds: "),
        ("[usmf]", "[]", "landfall.yaml:7: exports.groups.companies: "),
        ("0 0 6", "0 6", "landfall.yaml:8: exports.groups.schedule: "),
        ("0 0 6", "0 0 25", "landfall.yaml:8: exports.groups.schedule: "),
        ("name: groups", "name: my groups", "landfall.yaml:5: exports.my groups.name: "),
        (
            "name: groups",
            "name: groups\n    target: '{export}/{slott}'",
            "landfall.yaml:5: exports.groups: target has",
        ),
        ("name: groups", "name: groups\n    target: '{slot}/{}'", "landfall.yaml:5: exports.groups: target has"),
        ("name: groups", "name: groups\n    target: same.zip", "landfall.yaml:5: exports.groups: add {slot}"),
        ("usmf]", "usmf, dat]\n    target: '{slot}'", "landfall.yaml:5: exports.groups: add {company}"),
        ("Customer groups", "'Groups {firm}'", "landfall.yaml:6: exports.groups.data_project: "),
        ("name: groups", "name: groups\n    time_zone: Europe", "landfall.yaml:6: exports.groups.time_zone: "),
        (
            "name: groups",
            "name: groups\n    target: 'preview/{slot}.zip'",
            "landfall.yaml:5: exports.groups: target must be",
        ),
        (
            "name: groups",
            "name: groups\n    target: '/{slot}.zip'",
            "landfall.yaml:5: exports.groups: target must be",
        ),
        ("exports:", "polling: {growth: 1}\nexports:", "landfall.yaml:4: polling.growth: "),
        ("exports:", "polling:\nexports:", "landfall.yaml:4: polling: "),
        ("exports:", "imports:", "landfall.yaml:4: imports: it is set a second time"),
        ("exports:", "exports: [", "landfall.yaml:"),
        ("exports:", "\texports:", "landfall.yaml:4: "),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, start: str) -> None:
    """The error names the line, the setting, and what is wrong with it."""
    text = PLAN.replace(old, new, 1)
    assert text != PLAN
    assert mistakes(tmp_path, text)[0].startswith(start)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Three mistakes make one error with three lines."""
    text = PLAN.replace("[usmf]", "[]").replace("0 0 6", "x").replace("{company}", "{")
    assert [line.split(":")[1] for line in mistakes(tmp_path, text)] == ["3", "7", "8"]


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    """Runs name their route, so a name must be unique."""
    twice = PLAN.replace("exports:", "  - name: packages\n    path: '{company}/{n}'\nexports:")
    assert "two entries named packages" in mistakes(tmp_path, twice)[0]


def test_conflicting_exports_are_refused(tmp_path: Path) -> None:
    """Names that differ only in case name one function, and two packages cannot have one path."""
    second = PLAN.split("exports:\n")[1].replace("name: groups", "name: GROUPS")
    assert mistakes(tmp_path, f"{PLAN}{second}") == [
        "landfall.yaml:5: exports.groups.name: another export is named groups too: give each its own name",
        "landfall.yaml:9: exports.GROUPS.name: another export is named GROUPS too: give each its own name",
    ]
    same = "    target: '{company}/{slot}.zip'\n"
    third = second.replace("GROUPS", "customers") + same
    assert mistakes(tmp_path, f"{PLAN}{same}{third}") == [
        "landfall.yaml:14: exports.customers.target: its packages would overwrite those of groups: add {export} to target"
    ]


def test_environments_have_their_own_app_settings(tmp_path: Path) -> None:
    """A route or export may name an environment, and the settings of one environment are not read for another."""
    file = tmp_path / "landfall.yaml"
    text = PLAN.replace("name: groups", "name: groups\n    environment: uat")
    file.write_text(f"environments: [uat]\n{text}", encoding="utf-8")
    uat = {"FNO_UAT_URL": "https://uat.operations.dynamics.com"}
    settings = read_settings({**ENVIRONMENT, **uat}, file)
    assert settings.fno
    assert settings.fno.origin == "https://contoso.operations.dynamics.com"
    assert settings.others["uat"].origin == "https://uat.operations.dynamics.com"
    assert settings.others["uat"].client_id is None
    assert "s3cr3t" not in repr(settings)
    assert not settings.mistakes


def test_an_unlisted_environment_is_refused(tmp_path: Path) -> None:
    """The error names the mistyped environment and its line."""
    text = PLAN.replace("name: packages", "name: packages\n    environment: uta")
    assert mistakes(tmp_path, f"environments: [uat]\n{text}") == [
        "landfall.yaml:4: imports.packages.environment: uta is not one of environments: add it there"
    ]


def test_a_route_that_never_takes_a_file_is_refused(tmp_path: Path) -> None:
    """Of two routes with one path, only the first would ever be used."""
    twice = PLAN.replace("exports:", "  - name: again\n    path: 'packages/{company}/{name}.zip'\nexports:")
    assert "again would never take a file" in mistakes(tmp_path, twice)[0]


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "false\n"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    """A list, a sentence or a single value is not a plan."""
    assert mistakes(tmp_path, text)[0].startswith("landfall.yaml:1: file: ")


def test_app_settings_override_the_file(tmp_path: Path) -> None:
    """LANDFALL__SECTION__KEY in any case wins over the file, and may add a section."""
    changed = plan(
        tmp_path,
        PLAN,
        LANDFALL__POLLING__CAP_SECONDS="300",
        landfall__submission__grace_seconds="0",
        OTHER="x",
    )
    assert changed.polling.cap_seconds == 300
    assert changed.submission.grace_seconds == 0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("LANDFALL__POLLING__CAP_SECONDS", "soon"),
        ("LANDFALL__POLING__CAP_SECONDS", "3"),
        ("LANDFALL__IMPORTS__PACKAGES__PATH", "x"),
        ("LANDFALL__POLLING", "fast"),
        ("LANDFALL__", "x"),
    ],
)
def test_a_mistaken_app_setting_is_named(tmp_path: Path, setting: str, value: str) -> None:
    """An invalid override is reported with the name of its app setting, and not with a line."""
    text = f"{PLAN}polling:\n  cap_seconds: 9\n"
    found = mistakes(tmp_path, text, **{setting: value})
    assert len(found) == 1
    assert setting in found[0]


def test_the_origin_is_lower_case_without_a_slash() -> None:
    """F&O accepts no other audience."""
    fno = read_settings(ENVIRONMENT).fno
    assert fno
    assert fno.origin == "https://contoso.operations.dynamics.com"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"FNO_URL": ""}, "FNO_URL is not set"),
        ({"FNO_URL": "contoso"}, "FNO_URL: "),
        ({"FNO_TENNANT": "contoso"}, "FNO_TENNANT: there is no such setting; did you mean FNO_TENANT?"),
        ({"FNO_CERTIFICATE": "s3cr3t-too"}, "Set only one of FNO_CLIENT_SECRET and FNO_CERTIFICATE"),
        ({"FNO_CLIENT_ID": ""}, "FNO_CLIENT_SECRET needs a tenant and a client ID"),
    ],
)
def test_a_wrong_setting_is_named_without_a_secret(changes: dict[str, str], named: str) -> None:
    """The mistake names the app setting, and shows no value of another setting."""
    settings = read_settings({"EXPORT_SCHEDULE": "0 0 6 * * *", **ENVIRONMENT, **changes})
    (mistake,) = settings.mistakes
    assert named in mistake
    assert "s3cr3t" not in mistake


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"DataStorage": ""}, "DataStorage"),
        ({"DataStorage": "", "DataStorage__blobServiceUri": "https://a"}, "DataStorage__tableServiceUri"),
    ],
)
def test_there_is_no_app_without_storage(changes: dict[str, str], named: str) -> None:
    """The error names the settings, and shows no value of another setting."""
    with pytest.raises(SettingsError, match=named) as raised:
        read_settings(ENVIRONMENT | changes)
    assert "s3cr3t" not in str(raised.value)


def test_secrets_are_not_shown() -> None:
    """Printing the settings, or any part of them, shows neither a secret nor an account key."""
    settings = read_settings(ENVIRONMENT)
    assert settings.fno
    assert settings.fno.client_secret == "s3cr3t-of-fno"
    assert not re.search("s3cr3t", f"{settings!r}{settings}{settings.fno!s}{settings.storage!r}")


def test_a_process_reads_the_file_once() -> None:
    """Triggers and activities use the same plan, even when landfall.yaml changes meanwhile."""
    environment = {**ENVIRONMENT, "EXPORT_SCHEDULE": "0 0 6 * * *"}
    command = [sys.executable, "-c", READ_ALL]
    assert subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout == "1\n"


def test_a_managed_identity_needs_no_connection_string() -> None:
    """Two service URLs are enough."""
    addresses = {"DataStorage__blobServiceUri": "https://b", "DataStorage__tableServiceUri": "https://t"}
    storage = read_settings({**ENVIRONMENT, "DataStorage": "", **addresses}).storage
    assert (storage.blob_url, storage.table_url) == ("https://b", "https://t")


def test_an_entry_that_is_gone_is_named() -> None:
    """A run whose route was removed from the file says so."""
    with pytest.raises(LookupError, match="no import old any more"):
        Plan().route("old")
    with pytest.raises(LookupError, match="no export old"):
        Plan().export("old")
