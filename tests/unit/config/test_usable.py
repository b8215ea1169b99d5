"""A mistake leaves out its own part; the rest works, and no file goes where it was not meant to."""

from pathlib import Path

import pytest

from landfall.config.usable import Usable, read_usable

PLAN = """\
environments: [uat]
imports:
  - {name: packages, path: "packages/{company}/{name}.zip"}
  - {name: customers, path: "customers/{company}/{name}.csv", entity: Customers V3, format: CSV}
  - {name: uat, path: "uat/{company}/{name}.zip", environment: uat}
  - {name: rest, path: "{folder}/{company}/{name}.csv", entity: Vendors V2, format: CSV}
exports:
  - {name: groups, data_project: Groups, companies: [USMF], schedule: 0 0 6 * * *}
  - {name: vendors, data_project: Vendors, companies: [USMF], schedule: 0 0 7 * * *, environment: uat}
polling: {floor_seconds: 3}
notices: {webhook: "%HOOK%", secret: "%SECRET%", topic: "%TOPIC%", topic_key: "%KEY%"}
"""
ROUTES, EXPORTS = ["packages", "customers", "uat", "rest"], ["groups", "vendors"]
ENVIRONMENT = {
    "FNO_URL": "https://contoso.operations.dynamics.com",
    "FNO_UAT_URL": "https://uat.operations.dynamics.com",
    "HOOK": "https://hook.example",
    "SECRET": "s",
    "TOPIC": "https://topic.example",
    "KEY": "k",
}
FILE = "customers/USMF/june.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A path for a landfall.yaml."""
    return tmp_path / "landfall.yaml"


def usable(file: Path, old: str = "", new: str = "", **changes: str) -> Usable:
    """What can be used of the plan with this change, and with these app settings changed."""
    text = PLAN.replace(old, new, 1) if old else PLAN
    assert bool(old) == (text != PLAN)
    file.write_text(text, encoding="utf-8")
    return read_usable(ENVIRONMENT | changes, file)


def names(found: Usable) -> tuple[list[str], list[str]]:
    """The names of the routes and exports."""
    return [each.name for each in found.plan.imports], [each.name for each in found.plan.exports]


def test_a_good_file_is_used_whole(file: Path) -> None:
    """Nothing is left out, and no file waits."""
    found = usable(file)
    assert names(found) == (ROUTES, EXPORTS)
    assert found.mistakes == ()
    assert found.plan.reason_to_wait(FILE) is None
    assert [each.channel for each in found.notices] == ["webhook", "topic"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Customers V3,", "Customers V3, colour: red,", "landfall.yaml:4: imports.customers.colour: "),
        ("Customers V3, format: CSV", "Customers V3", "landfall.yaml:4: imports.customers: the format is missing"),
        (
            "name: customers,",
            "name: customers, company: NO,",
            "landfall.yaml:4: imports.customers.company: YAML reads NO",
        ),
        ("name: customers", "name: packages", "landfall.yaml:4: imports.packages.name: imports has two entries"),
        ("name: customers,", "name: customers, name: clients,", "landfall.yaml:4: imports.clients.name: it is set a"),
        ("customers/{company}", "customers/{company", "landfall.yaml:4: imports.customers.path: "),
        ("customers/{company}/{name}.csv", "customers/all.csv", "landfall.yaml:4: imports.customers: the company"),
    ],
)
def test_a_bad_route_is_left_out_and_its_files_wait(file: Path, old: str, new: str, line: str) -> None:
    """No later route gets them, whatever the mistake; the files of other routes go their way."""
    found = usable(file, old, new)
    assert names(found) == (["packages", "uat", "rest"], EXPORTS)
    (mistake,) = found.mistakes
    assert mistake.startswith(line)
    assert found.plan.reason_to_wait(FILE) == mistake
    for other in ("packages/USMF/a.zip", "others/USMF/june.csv", "nowhere/else"):
        assert found.plan.reason_to_wait(other) is None


@pytest.mark.parametrize("new", ["", "path: 3, ", 'path: "", ', 'path: "{company}{name}", '])
def test_a_route_without_a_path_takes_nothing_from_others(file: Path, new: str) -> None:
    """Nobody knows which files it was for, so those that no other route takes wait."""
    found = usable(file, 'path: "customers/{company}/{name}.csv", ', new)
    assert names(found) == (["packages", "uat", "rest"], EXPORTS)
    assert found.plan.reason_to_wait(FILE) is None
    assert found.plan.reason_to_wait("nowhere/else") == found.mistakes[0]


def test_an_earlier_route_keeps_its_files(file: Path) -> None:
    """What a route before the bad one takes, the bad one would never have got."""
    found = usable(file, 'path: "{folder}/{company}/{name}.csv"', 'path: "customers/{company}/{name}.csv"')
    assert names(found) == (["packages", "customers", "uat"], EXPORTS)
    assert "rest would never take a file" in found.mistakes[0]
    assert found.plan.reason_to_wait(FILE) is None


def test_the_parts_of_a_route_that_is_left_out_wait(file: Path) -> None:
    """All files beside the marker do."""
    parts = '{name: batches, data_project: B, path: "b/{company}/{d}/_READY", parts: [{file: c.csv}]}'
    found = usable(file, "imports:\n", f"imports:\n  - {parts}\n")
    for path in ("b/USMF/june/_READY", "b/USMF/june/c.csv"):
        assert found.plan.reason_to_wait(path) == found.mistakes[0]
    assert found.plan.reason_to_wait("b/USMF/c.csv") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("imports:", "inports:"),
        ("imports:", "imports: []\nimports:"),
        ("imports:", "imports: {}\nothers:"),
        ("imports:", "on: []\nothers:"),
        ("imports:", "imports: ["),
        ("imports:", "\timports:"),
        ("environments: [uat]", "- environments"),
        ("environments: [uat]", "started: 2026-13-45"),
    ],
)
def test_files_wait_while_the_routes_cannot_be_read(file: Path, old: str, new: str) -> None:
    """The app starts without them, also when the whole file is no YAML, and refuses no file for want of a route."""
    found = usable(file, old, new, LANDFALL__ACCESS__SIGN_IN="true")
    assert found.plan.imports == ()
    assert found.mistakes
    assert found.plan.access.sign_in
    for path in (FILE, "packages/USMF/a.zip", "nowhere/else"):
        assert found.plan.reason_to_wait(path) in found.mistakes


def test_files_wait_while_there_is_no_file(tmp_path: Path) -> None:
    """A missing landfall.yaml is named, and loses nothing."""
    found = read_usable(ENVIRONMENT, tmp_path / "none.yaml")
    assert found.plan.reason_to_wait(FILE) == found.mistakes[0]
    assert "none.yaml: No such file" in found.mistakes[0]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"FNO_UAT_URL": ""}, "landfall.yaml:1: environment uat: the app setting FNO_UAT_URL is not set."),
        ({"FNO_UAT_URL": "uat"}, "landfall.yaml:1: environment uat: FNO_UAT_URL: "),
        ({"FNO_UAT_CLIENT_SECRET": "x"}, "landfall.yaml:1: environment uat: FNO_UAT_CLIENT_SECRET needs a tenant"),
    ],
)
def test_a_bad_environment_is_left_out(file: Path, changes: dict[str, str], line: str) -> None:
    """With its routes and exports, which are named; their files wait, and the other environment works."""
    found = usable(file, **changes)
    assert names(found) == (["packages", "customers", "rest"], ["groups"])
    (mistake,) = found.mistakes
    assert mistake.startswith(line)
    assert mistake.endswith(". Left out with it: imports.uat (landfall.yaml:5), exports.vendors (landfall.yaml:9)")
    assert found.plan.reason_to_wait("uat/USMF/a.zip") == mistake
    assert (found.fno is None, dict(found.others)) == (False, {})


def test_an_app_without_fno_url_answers(file: Path) -> None:
    """What belongs to another environment works."""
    found = usable(file, FNO_URL="")
    assert names(found) == (["uat"], ["vendors"])
    assert found.mistakes[0].startswith(
        "app settings: the app setting FNO_URL is not set. Left out with it: imports.pac"
    )
    assert list(found.environments) == ["uat"]


def test_settings_of_a_removed_environment_are_named(file: Path) -> None:
    """They leave nothing out."""
    found = usable(file, FNO_OLD_URL="https://old.example", FNO_TENNANT="t")
    assert names(found) == (ROUTES, EXPORTS)
    assert found.mistakes == (
        "app settings: FNO_OLD_URL: there is no such setting; did you mean FNO_URL?",
        "app settings: FNO_TENNANT: there is no such setting; did you mean FNO_TENANT?",
    )


@pytest.mark.parametrize(
    ("changes", "left", "named"),
    [
        ({"HOOK": ""}, ["topic"], "landfall.yaml:11: notices.webhook: the app setting HOOK"),
        ({"KEY": ""}, ["webhook"], "landfall.yaml:11: notices.topic: the app setting KEY"),
        ({"TOPIC": "http://topic.example"}, ["webhook"], "landfall.yaml:11: notices.topic: "),
    ],
)
def test_a_bad_notice_is_left_out(file: Path, changes: dict[str, str], left: list[str], named: str) -> None:
    """The other receiver is notified, and everything else works."""
    found = usable(file, **changes)
    assert names(found) == (ROUTES, EXPORTS)
    assert [each.channel for each in found.notices] == left
    assert [mistake.startswith(named) for mistake in found.mistakes] == [True]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("polling: {", "polling: {cap_seconds: soon, ", "landfall.yaml:10: polling.cap_seconds: "),
        ("polling: {", "polling: {cap_secnds: 9, ", "did you mean cap_seconds?"),
        ("polling: {", "pooling: {}\npolling: {", "did you mean polling?"),
        ("polling: {", "sweeper: {schedule: '%NEVER%'}\npolling: {", "landfall.yaml:10: sweeper.schedule: "),
        ("polling: {", "sweeper:\npolling: {", "landfall.yaml:10: sweeper: "),
        (', secret: "%SECRET%"', "", "landfall.yaml:11: notices.webhook: say which app setting"),
    ],
)
def test_a_bad_setting_has_its_default(file: Path, old: str, new: str, said: str) -> None:
    """The settings beside it count."""
    found = usable(file, old, new)
    assert names(found) == (ROUTES, EXPORTS)
    assert found.plan.polling.floor_seconds == 3
    assert (found.plan.polling.cap_seconds, found.plan.sweeper.schedule) == (60, "0 */5 * * * *")
    assert [said in mistake for mistake in found.mistakes] == [True]


def test_a_bad_override_costs_itself(file: Path) -> None:
    """What the file says counts."""
    found = usable(file, LANDFALL__IMPORTS__PACKAGES__PATH="x", LANDFALL__POLLING__CAP_SECONDS="soon")
    assert names(found) == (ROUTES, EXPORTS)
    assert [line.split(":")[0] for line in found.mistakes] == [
        "LANDFALL__IMPORTS__PACKAGES__PATH",
        "LANDFALL__POLLING__CAP_SECONDS",
    ]


def test_bad_exports_are_left_out_and_named(file: Path) -> None:
    """Each is reported with its line, in rounds: a conflict shows only between valid exports."""
    bad = """\
  - {name: coloured, data_project: P, companies: [usmf], schedule: 0 0 6 * * *, colour: red}
  - {name: late, data_project: P, companies: [usmf], schedule: 0 0 25 * * *}
  - {name: twice, data_project: P, companies: [usmf], schedule: 0 0 6 * * *}
  - {name: unset, data_project: P, companies: [usmf], schedule: "%UNSET%"}
  - {name: Twice, data_project: P, companies: [usmf], schedule: 0 0 6 * * *}
  - {name: good, data_project: P, companies: [usmf], schedule: "%WHEN%"}
polling:"""
    found = usable(file, "polling:", bad, WHEN="0 0 7 * * *")
    assert names(found) == (ROUTES, [*EXPORTS, "good"])
    assert found.plan.exports[-1].schedule == "0 0 7 * * *"
    assert [line.split(": ")[:2] for line in found.mistakes] == [
        ["landfall.yaml:10", "exports.coloured.colour"],
        ["landfall.yaml:11", "exports.late.schedule"],
        ["landfall.yaml:12", "exports.twice.name"],
        ["landfall.yaml:14", "exports.Twice.name"],
        ["landfall.yaml:13", "exports.unset.schedule"],
    ]


@pytest.mark.parametrize("key", ["", "short", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/hints)"])
def test_a_key_for_hints_that_is_none_lets_nobody_in(tmp_path: Path, key: str) -> None:
    """One that is missing, short or still a reference leaves hints out, and nothing else."""
    file = tmp_path / "landfall.yaml"
    file.write_text('hints: {key: "%HINTS_KEY%"}\n', encoding="utf-8")
    usable = read_usable({"HINTS_KEY": key}, file)
    assert usable.hints_key is None
    assert "HINTS_KEY" in "".join(usable.mistakes)
    assert read_usable({"HINTS_KEY": "k" * 16}, file).hints_key == "k" * 16
