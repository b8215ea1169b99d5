"""Hints: whatever they say, each wakes a run that waits for its next look at most once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from activities.executions import LookStep, look
from landfall.ids import execution_id
from landfall.records import SLOT, Run, State, Submission, Watcher, utc_now
from landfall.services import Services
from tests.integration.conftest import FakeFno
from web.hints import MOST_RUNS, take_watchers

WATCHER = Watcher("watch-1", "event-1")
FORMS: dict[str, Callable[[Run], Any]] = {
    "business event": lambda run: {"BusinessEventId": "PackageStatus", "ExecutionId": run.execution_id},
    "cloud event": lambda run: {"specversion": "1.0", "data": {"executionId": run.execution_id}},
    "batch of them": lambda run: [{"data": {"ExecutionId": run.execution_id}}, {"data": None}],
    "monitor alert": lambda run: {"data": {"alertContext": {"dimensions": [{"value": f"x {run.execution_id} y"}]}}},
    "project": lambda run: {"ProjectName": run.data_project, "LegalEntity": "USMF"},
    "project in data": lambda run: [{"data": {"ProjectName": run.data_project}}],
}


def running(services: Services, kind: str = "import") -> Run:
    """A run that F&O executes, and whose watch waits."""
    name = uuid4().hex
    run_id = f"imp-{name}" if kind == "import" else f"exp-groups-USMF-{name[:16]}"
    run = Run(run_id, kind, State.RUNNING, data_project=f"P {name}", watcher=WATCHER, times={SLOT: utc_now()})  # type: ignore[arg-type]
    claimed = services.ledger.claim(replace(run, execution_id=execution_id(run), submission=Submission(1, utc_now())))
    assert claimed
    return claimed


def hint(services: Services, event: Any) -> list[Watcher]:
    """What an event wakes."""
    return take_watchers(services, json.dumps(event), event)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["import", "export"])
def test_each_form_wakes_its_run_once(services: Services, form: str, kind: str) -> None:
    """F&O's business events, CloudEvents and alerts; the same again wakes nobody."""
    run = running(services, kind)
    event = FORMS[form](run)
    assert hint(services, event) == [WATCHER]
    assert hint(services, event) == []
    after = services.ledger.get(run.run_id)
    assert (after.watcher, after.state, after.outcome) == (None, State.RUNNING, None)


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        None,
        7,
        {"ExecutionId": "imp-" + "0" * 32},
        {"ExecutionId": ["imp-1"], "ProjectName": {"a": 1}},
        {"data": "text"},
        [[[]]],
        {"ProjectName": "no such project"},
    ],
)
def test_what_is_about_no_run_wakes_nobody(services: Services, event: Any) -> None:
    """Unknown ids, other shapes and nothing at all."""
    assert hint(services, event) == []


@pytest.mark.parametrize("state", [State.WAITING, State.COLLECTING, State.DONE])
def test_a_run_that_f_and_o_does_not_execute_is_left_alone(services: Services, state: State) -> None:
    """Whatever its row still holds."""
    run = running(services)
    services.ledger.change(run.run_id, 1, lambda row: replace(row, state=state))
    assert hint(services, {"ExecutionId": run.execution_id}) == []


def test_one_hint_is_about_few_runs(services: Services) -> None:
    """However many ids it holds."""
    ids = [running(services).execution_id for _ in range(MOST_RUNS + 3)]
    assert len(hint(services, {"ids": ids})) == MOST_RUNS


def test_a_look_says_what_the_next_hint_wakes(services: Services, fno: FakeFno) -> None:
    """Each wait has its own event, which the look before it writes down."""
    run = running(services)
    fno.known = {str(run.execution_id)}
    look(services, LookStep(run.run_id, watcher=Watcher("watch-1", "event-2")))
    assert hint(services, {"ExecutionId": run.execution_id}) == [Watcher("watch-1", "event-2")]


def test_many_at_once_change_nothing_else(services: Services) -> None:
    """A flood leaves the run as it was, without its watcher."""
    run = running(services)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: hint(services, {"ExecutionId": run.execution_id}), range(40)))
    assert services.ledger.get(run.run_id) == replace(run, watcher=None)
