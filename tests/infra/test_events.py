"""Alerts and workbook ask for what the app really emits."""

import dataclasses
import re
import typing

import pytest

from landfall.telemetry import Event
from tests.infra.bicep import INFRA, template

EMITTED = {
    dataclasses.fields(kind)[0].default: {each.name for each in dataclasses.fields(kind)}
    for kind in typing.get_args(Event)
}
NAME = re.compile(r'\{"event": "([\w.]+)"')
FIELD = re.compile(r"\be\.(\w+)")


def queries() -> dict[str, str]:
    """Every query of alerts.bicep and the workbook, with the events it begins with put in."""
    alerts = template("alerts.bicep")
    starts = {name: str(alerts.variable(name)) for name in ("sweeps", "changes")}
    found = {"no-heartbeat": starts["sweeps"]}
    for rule in alerts.variable("rules"):
        text = rule["query"] if isinstance(rule["query"], str) else rule["query"].text
        for name, start in starts.items():
            text = text.replace(f"${{{name}}}", start)
        found[rule["name"]] = text
    book = (INFRA / "workbook.json").read_text(encoding="utf-8")
    for index, text in enumerate(re.findall(r'"query": "(.*)"', book)):
        found[f"workbook {index}"] = text.replace('\\"', '"').replace("\\n", "\n")
    return found


@pytest.mark.parametrize("name", queries())
def test_a_query_asks_for_what_is_emitted(name: str) -> None:
    """Its event is one of landfall/telemetry.py, and has every field that the query reads."""
    query = queries()[name]
    events = NAME.findall(query)
    assert len(events) == 1
    assert events[0] in EMITTED
    assert set(FIELD.findall(query)) <= EMITTED[events[0]]


def test_every_event_is_asked_for() -> None:
    """Nothing is emitted that no alert and no workbook looks at."""
    assert {event for query in queries().values() for event in NAME.findall(query)} == set(EMITTED)


def test_what_people_must_be_told_of_has_its_alert() -> None:
    """The list of what needs a person is complete."""
    names = {rule["name"] for rule in template("alerts.bicep").variable("rules")}
    metrics = {each["name"]: each["metric"] for each in template("alerts.bicep").variable("metrics")}
    assert names == {
        "needs-attention",
        "oldest-landing",
        "stuck-runs",
        "failure-ratio",
        "poison",
        "sweeper-orphans",
        "missed-export-slot",
        "file-missing",
        "fno-unavailable",
    }
    assert metrics["dead-letters"] == "DeadLetteredCount"
