"""Rules for people: mistakes are named with line and remedy, and cost their own rule alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from landfall.cli.needed_settings import needed_settings
from landfall.config.notices import Notices
from landfall.config.people import PeopleRule
from landfall.config.plan_file import read_plan, read_source
from landfall.config.schedules import next_slots
from landfall.config.usable import Usable, read_usable
from tests.unit.cli.test_check import said

HEAD = """\
imports:
  - {name: customers, path: "customers/{company}/{name}.csv", entity: Customers V3, format: CSV}
notices:
  people:
    - {name: first, teams: "%TEAMS%", routes: [customers]}
"""
LAST = '    - {name: last, email: [ops@contoso.com], sender: a@contoso.com, endpoint: "%MAIL%"}\n'
ENVIRONMENT = {
    "FNO_URL": "https://contoso.operations.dynamics.com",
    "TEAMS": "https://contoso.logic.azure.com/x?sig=VERY-SECRET",
    "MAIL": "https://contoso.europe.communication.azure.com",
    "ELSEWHERE": "https://evil.example",
    "PLAIN": "http://contoso.logic.azure.com",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A path for a landfall.yaml."""
    return tmp_path / "landfall.yaml"


def usable(file: Path, rule: str) -> Usable:
    """What can be used of a file with this rule between two good ones."""
    file.write_text(f"{HEAD}    - {{{rule}}}\n{LAST}" if rule else HEAD + LAST, encoding="utf-8")
    return read_usable(ENVIRONMENT, file)


def test_rules_have_their_addresses_from_app_settings(file: Path) -> None:
    """A workflow's URL is a secret, so it is not shown; the app's address comes from the platform."""
    found = usable(file, "")
    assert found.mistakes == ()
    assert [each.url for each in found.people] == [ENVIRONMENT["TEAMS"], ENVIRONMENT["MAIL"]]
    assert "VERY-SECRET" not in repr(found)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("name: x", "notices.people.x: a rule has one channel: set either"),
        ('name: x, teams: "%TEAMS%", email: [a@b.cc]', "notices.people.x: a rule has one channel"),
        ('name: x, email: [a@b.cc], endpoint: "%MAIL%"', "notices.people.x.email: say who sends"),
        ('name: x, email: [nobody], sender: a@b.cc, endpoint: "%MAIL%"', "notices.people.x.email.0: "),
        ('name: x, teams: "https://contoso.example/?sig=s"', "notices.people.x.teams: "),
        ('name: x, teams: "%NEVER%"', "notices.people.x: the app setting NEVER, which landfall.yaml names"),
        ('name: x, teams: "%PLAIN%"', "notices.people.x: the app setting PLAIN does not hold an https URL"),
        (
            'name: x, email: [a@b.cc], sender: a@b.cc, endpoint: "%ELSEWHERE%"',
            "notices.people.x: the app setting ELSEWHERE does not hold the endpoint of a Communication",
        ),
        ('name: x, teams: "%TEAMS%", when: [late]', "notices.people.x.when.0: 'late' is not known: write failed"),
        ('name: x, teams: "%TEAMS%", digest: 17:00', "notices.people.x.digest: YAML reads 17:00 as a number, not as"),
        ('name: x, teams: "%TEAMS%", digest: "24:00"', "notices.people.x.digest: "),
        ('name: x, teams: "%TEAMS%", time_zone: Mars', "notices.people.x.time_zone: 'Mars' is not a time zone"),
        ('name: x, teams: "%TEAMS%", rotes: [a]', "notices.people.x.rotes: there is no such setting; did you mean rou"),
        ('name: x, teams: "%TEAMS%", routes: [custmers]', "notices.people.x.routes: custmers is not one of imports: "),
        ('name: x, teams: "%TEAMS%", exports: [groups]', "notices.people.x.exports: groups is not one of exports: "),
        ('name: x, teams: "%TEAMS%", environments: [uat]', "notices.people.x.environments: uat is not one of envi"),
        ('name: first, teams: "%TEAMS%"', "notices.people.first.name: people has two rules named first: give each"),
    ],
)
def test_a_rule_with_a_mistake_is_left_out_alone(file: Path, rule: str, said: str) -> None:
    """The others are told, and the mistake is named with its line and no secret."""
    found = usable(file, rule)
    assert [each.rule.name for each in found.people] == ["first", "last"]
    (mistake,) = found.mistakes
    assert mistake.startswith(f"landfall.yaml:6: {said}")
    assert "sig=" not in mistake


def test_a_rule_for_a_route_that_is_left_out_stays(file: Path) -> None:
    """A mistake in a route is no mistake in a rule that names it."""
    file.write_text((HEAD + LAST).replace("format: CSV", "format: CVS"), encoding="utf-8")
    found = read_usable(ENVIRONMENT, file)
    assert [each.rule.name for each in found.people] == ["first", "last"]
    assert len(found.mistakes) == 1


def test_a_check_names_unknown_names_and_needed_settings(file: Path) -> None:
    """`make check` refuses a rule for a route that is none, and lists the app settings of the rules."""
    file.write_text(HEAD.replace("[customers]", "[clients]"), encoding="utf-8")
    code, lines = said(str(file))
    assert (code, lines) == (
        1,
        ["landfall.yaml:5: notices.people.first.routes: clients is not one of imports: correct or remove it"],
    )
    file.write_text(HEAD + LAST, encoding="utf-8")
    located, _ = read_source({}, file)
    needed = {each.name for each in needed_settings(read_plan({}, file), located, {})}
    assert {"TEAMS", "MAIL"} < needed


@pytest.mark.parametrize(
    ("environment", "app_url", "address"),
    [
        ({"WEBSITE_HOSTNAME": "a.azurewebsites.net"}, None, "https://a.azurewebsites.net"),
        ({"WEBSITE_HOSTNAME": "localhost:7071"}, None, "http://localhost:7071"),
        ({"WEBSITE_HOSTNAME": "a.azurewebsites.net"}, "https://landfall.contoso.com", "https://landfall.contoso.com"),
        ({}, None, ""),
    ],
)
def test_the_apps_address_is_the_platforms_or_a_setting(
    environment: dict[str, str], app_url: str | None, address: str
) -> None:
    """A front door has an address that the platform does not know."""
    assert Notices(app_url=app_url).address_of_app(environment) == address


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-28T12:00", "2026-03-29T05:00"),  # the clocks go forward in the night before
        ("2026-03-27T12:00", "2026-03-28T06:00"),
        ("2026-10-24T12:00", "2026-10-25T06:00"),  # and back
        ("2026-10-23T12:00", "2026-10-24T05:00"),
        ("2026-10-25T05:59:59", "2026-10-25T06:00"),
        ("2026-10-25T06:00:01", "2026-10-26T06:00"),
    ],
)
def test_a_digest_comes_at_its_time_of_day_in_its_zone(now: str, slot: str) -> None:
    """Seven o'clock in Copenhagen is seven o'clock on either side of a change of the clocks."""
    rule = PeopleRule(name="ops", teams="%T%", digest="07:00", time_zone="Europe/Copenhagen")
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (now, slot)]
    assert next_slots(str(rule.daily), moments[0], rule.zone) == moments[1:]
