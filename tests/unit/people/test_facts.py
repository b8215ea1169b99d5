"""Who is told of what: the rules' filters, and what of an event people get to read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from landfall.config.people import PeopleRule
from landfall.notices import cloud_event, event_of
from landfall.people.facts import concerns, fact_of
from landfall.records import EntityCounts, Outcome, Run, Source, State

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
ORIGIN = "https://contoso.operations.dynamics.com"


def ended(outcome: Outcome = Outcome.FAILED, failed: int = 0, **changes: Any) -> dict[str, Any]:
    """The event of a run's end."""
    about = {"source": Source("landing", "customers/USMF/a.csv", "e"), "route": "customers", **changes}
    counts = (EntityCounts("Customers", 100, 100 - failed, 0, failed),)
    run = Run("imp-1", "import", State.DONE, outcome=outcome, entities=counts, times={"Done": NOW}, **about)
    return event_of(run, ORIGIN)


def happened(**data: Any) -> dict[str, Any]:
    """An event that is no run's end."""
    return cloud_event("landfall.file.missing", "m-1", "customers/USMF", ORIGIN, NOW, data)


def rule(**changes: Any) -> PeopleRule:
    """A rule for a channel."""
    return PeopleRule(name="ops", teams="%T%", **changes)


@pytest.mark.parametrize(
    ("outcome", "failed", "when", "told"),
    [
        (Outcome.FAILED, 0, None, True),
        (Outcome.REJECTED, 0, None, True),
        (Outcome.NEEDS_ATTENTION, 0, None, True),
        (Outcome.PARTIALLY_SUCCEEDED, 1, None, True),
        (Outcome.SUCCEEDED, 0, None, False),
        (Outcome.CANCELED, 0, None, False),
        (Outcome.NO_ROWS, 0, None, False),
        (Outcome.SUPERSEDED, 0, None, False),
        (Outcome.FAILED, 0, ["needs_attention"], False),
        (Outcome.NEEDS_ATTENTION, 0, ["failed"], False),
        (Outcome.PARTIALLY_SUCCEEDED, 5, ["partial above 5 %"], False),
        (Outcome.PARTIALLY_SUCCEEDED, 6, ["partial above 5 %"], True),
        (Outcome.PARTIALLY_SUCCEEDED, 3, ["partial above 2.5%"], True),
        (Outcome.PARTIALLY_SUCCEEDED, 99, ["failed"], False),
        (Outcome.PARTIALLY_SUCCEEDED, 0, ["partial above 5 %"], True),
    ],
)
def test_when_says_which_ends_are_told(outcome: Outcome, failed: int, when: list[str] | None, *, told: bool) -> None:
    """By default all that a person must look at; a share counts rows, and rows that nobody counted are all of them."""
    assert concerns(rule(**({"when": when} if when else {})), ended(outcome, failed)) is told


@pytest.mark.parametrize(
    ("filters", "about", "told"),
    [
        ({"routes": ["customers"]}, {}, True),
        ({"routes": ["vendors"]}, {}, False),
        ({"exports": ["groups"]}, {}, False),
        ({"exports": ["groups"]}, {"kind": "export", "route": None, "export": "groups", "source": None}, True),
        ({"routes": ["customers"]}, {"route": None}, False),
        ({}, {"route": None}, True),
        ({"environments": ["uat"]}, {}, False),
        ({"environments": ["uat"]}, {"environment": "uat"}, True),
    ],
)
def test_a_rule_is_for_its_routes_exports_and_environments(
    filters: dict[str, Any], about: dict[str, Any], *, told: bool
) -> None:
    """Without filters it is for all; naming some is naming all that it is for."""
    kind = about.pop("kind", "import")
    event = ended(**about)
    event["data"]["kind"] = kind
    assert concerns(rule(**filters), event) is told


def test_what_is_no_run_is_told_unless_a_rule_says_otherwise() -> None:
    """Also to rules with filters, unless the event names another route or environment."""
    assert concerns(rule(routes=["vendors"], when=["failed"]), happened())
    assert concerns(rule(routes=["vendors"]), happened(route="vendors"))
    assert not concerns(rule(routes=["vendors"]), happened(route="customers"))
    assert not concerns(rule(environments=["uat"]), happened(environment=""))
    assert not concerns(rule(events=False), happened())


def test_a_fact_has_what_people_read_and_no_secret() -> None:
    """Texts are short and scrubbed, whatever the file's name and F&O's words."""
    fact = fact_of(ended(reason=f"GET https://x.y/z?sig=VERY-SECRET failed {'x' * 9000}", files={"repair": "r/r.zip"}))
    assert (fact.what, fact.subject, fact.source, fact.run_id) == (
        "Failed",
        "customers/USMF/a.csv",
        "customers",
        "imp-1",
    )
    assert fact.has_repair
    assert "VERY-SECRET" not in fact.reason
    assert len(fact.reason) < 1200
    missing = fact_of(happened(reason="Nothing came by 06:00.", route="customers"))
    assert (missing.what, missing.subject, missing.reason) == (
        "File missing",
        "customers/USMF",
        "Nothing came by 06:00.",
    )
    assert (missing.source, missing.run_id) == ("customers", "")
