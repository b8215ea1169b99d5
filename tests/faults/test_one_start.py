"""The app and the command line start an execution by the same rules."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import requests

from activities.submission import submit_export
from fno_emulator.clock import Clock
from fno_emulator.server import Emulator
from landfall.claims import claim_demand
from landfall.cli.fno.desk import Desk
from landfall.cli.fno.ends import CannotKnowError, NotStartedError
from landfall.cli.fno.starting import ConsoleStart
from landfall.config.plan import Plan
from landfall.fno import EntraTokens, ExportRequest, FnoClient, Identity
from landfall.fno.concerns import Concern, concern_of
from landfall.fno.errors import UNKNOWN_AFTER_LOST_CALL, FnoError
from landfall.ids import execution_id
from landfall.ledger.circuits import Circuit
from landfall.ledger.ledger import Ledger
from landfall.records import Action, Demand, Outcome, Run, Step
from landfall.services import Services, note
from landfall.storage.account import DataAccount
from tests.integration.conftest import account, storage

__all__ = ["account", "storage"]

PROJECT = "Vendors export"
PLAN = Plan.model_validate(
    {
        "exports": [{"name": "groups", "data_project": PROJECT, "companies": ["USMF"], "schedule": "0 0 6 * * *"}],
        "submission": {"grace_seconds": UNKNOWN_AFTER_LOST_CALL},
    }
)


def refusal(text: str) -> dict[str, Any]:
    """F&O understands the call and says no."""
    prefix = "Exception occurred while executing action X on Entity DataManagementDefinitionGroup: "
    return {"status": 400, "body": {"error": {"message": "", "innererror": {"message": prefix + text}}}}


LOST = {"drop": True}
CALL_FAULTS: list[tuple[str, dict[str, Any]]] = [
    *[("before", LOST), ("after", LOST), ("after", {"status": 503, "body": ""})] * 3,
    ("before", {"status": 500, "body": ""}),
    ("before", {"status": 429, "headers": {"Retry-After": "40"}, "body": ""}),
    ("before", {"status": 403, "body": ""}),
    ("before", {"status": 404, "body": ""}),
    ("before", refusal("Deadlock, where one or more users have simultaneously locked the table")),
    ("after", refusal("Deadlock, where one or more users have simultaneously locked the table")),
    ("after", refusal("The record already exists.")),
    ("before", refusal("Data project does not exist.")),
]
ASK_FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("before", LOST),
    ("after", LOST),
    ("before", {"status": 429, "headers": {"Retry-After": "40"}, "body": ""}),
    ("before", {"status": 500, "body": ""}),
    ("before", {"status": 403, "body": ""}),
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An F&O whose time passes as the test lets it."""
    with Emulator(speed=0) as started:
        started.settings.update({"token_seconds": 10**9})
        yield started


class Trial:
    """One F&O that misbehaves by a seed, as often as it is asked to begin again."""

    def __init__(self, emulator: Emulator, seed: int) -> None:
        self._emulator = emulator
        self._seed = seed

    def begin(self, heard: Callable[[FnoError | None, str], None] = lambda _error, _tried: None) -> FnoClient:
        """F&O as at first, with the seed's faults planned; a client of it whose answers are `heard`."""
        chance = Random(self._seed)  # noqa: S311  chance, not secrecy
        self._emulator.reset()
        self._emulator.settings.update({"registration_seconds": chance.choice([0.0, 0.0, 45.0, 400.0])})
        for operation, faults in (
            ("ExportToPackage", CALL_FAULTS),
            ("GetExecutionSummaryStatus", ASK_FAULTS),
        ):
            for nth in range(1, 5):
                if chance.random() < 0.5:
                    when, do = chance.choice(faults)
                    fault = {"operation": operation, "nth": nth, "when": when, "do": do}
                    self._control("POST", "faults", json=fault)
        ready = self._emulator.ready
        identity = Identity(
            tenant=ready["tenant"],
            client_id=ready["client_id"],
            client_secret=ready["client_secret"],
            authority=ready["authority"],
            ca_bundle=ready["ca"],
        )
        return FnoClient(ready["url"], EntraTokens(ready["url"], identity), heard=heard)

    def calls(self) -> list[tuple[str, int | None]]:
        """What F&O was asked since the trial began, in that order, and what it answered (None: nothing)."""
        listed = self._control("GET", "operations").json()["operations"]
        return [
            (each["operation"], each["status"])
            for each in listed
            if each["phase"] == "end" and each["operation"] in {"ExportToPackage", "GetExecutionSummaryStatus"}
        ]

    def _control(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = requests.request(method, f"{self._emulator.ready['url']}/_emulator/{path}", timeout=30, **options)
        answer.raise_for_status()
        return answer


def claimed(account: DataAccount, emulator: Emulator, seed: int) -> tuple[Services, Run]:
    """The app's services without a client of F&O yet, and an export run that a person asked for."""
    ledger = Ledger(account.ledger_table(), emulator.clock.now)
    ledger.circuits.change("", lambda _: Circuit())
    services = Services(PLAN, account, ledger, None, now=emulator.clock.now)  # type: ignore[arg-type]
    action = Action(services.now(), "somebody", "asked for an export")
    run = claim_demand(services, PLAN.exports[0], "USMF", Demand(f"{seed}-{uuid4().hex}"), action)
    return services, run


def started_by_app(services: Services, run: Run, clock: Clock) -> str:
    """How the app's submission step ends, taken again after each wait that it asks for.

    An environment that lets nothing in is an end for the command line; the app would wait until it does.
    """
    while (submitted := submit_export(services, Step(run.run_id))).wait is not None and not submitted.blocked:
        clock.advance(submitted.wait)
    if submitted.blocked or submitted.closure:
        return "unknown" if submitted.blocked else "failed"
    if submitted.finding is None:
        return f"started {submitted.execution_id}"
    return "failed" if submitted.finding.outcome == Outcome.FAILED else "unknown"


def hear(services: Services, error: FnoError | None, tried: str) -> None:
    """Note what stops an environment at once; what may pass lasts for minutes here, which pass in moments."""
    if error and concern_of(error) == Concern.ENVIRONMENT:
        note(services.ledger.circuits, "", error, tried)


def started_by_command(client: FnoClient, execution_id: str, clock: Clock) -> str:
    """How the command line's start ends."""
    begun = clock.now()

    def passed() -> float:
        return (clock.now() - begun).total_seconds()

    desk = Desk(client, lambda _: None, seconds=passed, sleep=clock.advance)
    request = ExportRequest(PROJECT, execution_id, "USMF")
    start = ConsoleStart(desk, execution_id, lambda: "", lambda _: client.export_package(request))
    try:
        return f"started {start.run()}"
    except NotStartedError:
        return "failed"
    except CannotKnowError:
        return "unknown"


@pytest.mark.parametrize("chunk", range(4))
def test_the_app_and_the_command_line_make_the_same_calls(emulator: Emulator, account: DataAccount, chunk: int) -> None:
    """Before the same faults both ask F&O the same, in the same order, and come to the same end, in the same time."""
    ends = Counter[str]()
    for seed in range(chunk, 60, 4):
        print(f"seed {seed}")  # noqa: T201  pytest shows the last one when the test fails
        trial = Trial(emulator, seed)
        services, run = claimed(account, emulator, seed)

        services = replace(services, fno=trial.begin(partial(hear, services)))
        begun = emulator.clock.now()
        by_app = started_by_app(services, run, emulator.clock)
        calls, took = trial.calls(), emulator.clock.now() - begun

        client, begun = trial.begin(), emulator.clock.now()
        assert started_by_command(client, execution_id(run), emulator.clock) == by_app
        assert trial.calls() == calls
        assert emulator.clock.now() - begun == took
        ends[by_app.partition(" ")[0]] += 1
    assert set(ends) == {"started", "failed", "unknown"}, "these faults bring about too little"
