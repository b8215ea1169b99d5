"""Closed environments: who is told, how often F&O is probed, and what lets runs go again."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.boundary import run_activity
from activities.environments import Place, Standing, find_standing, probe_environment
from activities.sweeping import sweep
from landfall.config.notices import Receiver
from landfall.config.plan import Plan
from landfall.fno.errors import AuthError, NoAnswerError, RefusedError
from landfall.ledger.circuits import PASSES_WITHIN, Circuit
from landfall.ledger.ledger import Ledger
from landfall.records import State, Step
from landfall.services import Services
from tests.integration.conftest import Drop, FakeFno
from tests.integration.durable_client import FakeClient

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
FREEZE = {"from": "SAT 22:00", "to": "02:00", "reason": "maintenance"}


@dataclass
class Client:
    """Keeps the notices that were started."""

    events: list[dict[str, Any]] = field(default_factory=list)

    async def start_new(self, _name: str, _instance: str | None, payload: dict[str, Any]) -> str:
        """As Durable's client does."""
        self.events.append(payload["event"])
        return ""


def at(services: Services, now: datetime) -> Services:
    """The same services at another moment, with a receiver of notices."""
    ledger = Ledger(services.account.ledger_table(), lambda: now)
    return replace(services, ledger=ledger, now=lambda: now, notices=(Receiver("webhook", "http://127.0.0.1:1", "s"),))


def probe(services: Services, client: Client) -> Standing:
    """Probe once."""
    return asyncio.run(probe_environment(services, Place(), client))  # type: ignore[arg-type]


def test_an_outage_is_told_once_and_probed_ever_more_rarely(services: Services, fno: FakeFno) -> None:
    """Until a probe gets through, with ever longer waits of five minutes at most."""
    fno.entities = AuthError("403")
    services.ledger.circuits.note("", "403")
    client, waits = Client(), []
    for minute in range(8):
        standing = probe(at(services, NOW + timedelta(minutes=minute)), client)
        assert standing.closure
        waits.append(standing.wait)
    assert waits == [15, 30, 60, 120, 240, 300, 300, 300]
    ((event),) = client.events
    assert (event["type"], event["data"]["reason"]) == ("landfall.environment.unavailable", "403")
    fno.entities = ()
    assert probe(services, client) == Standing()
    assert len(client.events) == 1


def test_any_answer_of_f_and_o_ends_an_outage(services: Services, fno: FakeFno) -> None:
    """One that refuses the probe with words of its own was reached, and let the app in."""
    services.ledger.circuits.note("", "302")
    fno.entities = RefusedError("no", said="no")
    assert probe(at(services, NOW), Client()).closure is None


def test_what_a_person_holds_is_not_probed(services: Services, fno: FakeFno) -> None:
    """It stays closed although F&O answers, and nobody is told."""
    fno.entities = AuthError("never asked")
    services.ledger.circuits.change("", lambda circuit: circuit.hold("Ann", "upgrade", NOW))
    client = Client()
    standing = probe(at(services, NOW), client)
    assert standing.closure
    assert (standing.closure.held_by, standing.wait, client.events) == ("Ann", 300, [])


def test_a_freeze_is_waited_for_to_its_end(services: Services) -> None:
    """The last wait ends with it, to the second."""
    frozen = replace(services, plan=Plan.model_validate({"freeze": [FREEZE]}))
    late = at(frozen, datetime(2026, 12, 6, 1, 59, tzinfo=UTC))
    assert probe(late, Client()).wait == 60
    assert find_standing(at(frozen, datetime(2026, 12, 6, 2, tzinfo=UTC)), Place()) == Standing()


def test_failures_that_last_open_the_circuit(services: Services) -> None:
    """Counted in the ledger, so that it does not matter which host met them."""
    for seconds in range(0, 1 + int(PASSES_WITHIN.total_seconds()), 30):
        moment = at(services, NOW + timedelta(seconds=seconds))
        assert moment.closure("") is None
        moment.ledger.circuits.note("", "503", passing=True)
    closure = at(services, NOW).closure("")
    assert closure
    assert closure.since == NOW


def test_a_waiting_run_says_why(services: Services, drop: Drop) -> None:
    """Every waiting run of the environment, whatever its row says; one that F&O has does not."""
    run = services.ledger.move(drop().run_id, 1, State.WAITING)
    assert services.with_waits([run]) == [run]
    services.ledger.circuits.note("", "403")
    others = [replace(run, state=State.RUNNING), replace(run, environment="uat")]
    waiting, *rest = services.with_waits([run, *others])
    assert str(waiting.reason).endswith(": 403")
    assert rest == others


@pytest.mark.parametrize(("error", "closed"), [(AuthError("403"), ""), (NoAnswerError("lost"), None)])
def test_a_step_says_that_its_environment_is_closed(
    services: Services, drop: Drop, error: Exception, closed: str | None
) -> None:
    """So that the orchestration waits for that, and not for so long."""
    run = drop()

    def fail(services: Services, _: Step) -> None:
        services.ledger.circuits.note("", str(error), passing=closed is None)
        raise error

    answer = run_activity(fail, Step, lambda: services, {"run_id": run.run_id})
    assert answer == {"come_back_seconds": 30, "closed": closed}


def test_the_sweeper_has_closed_environments_watched(services: Services) -> None:
    """A look met the outage and no file did, or what watched over the environment has died."""
    services.ledger.circuits.note("", "403")
    client = FakeClient()
    asyncio.run(sweep(services, client))  # type: ignore[arg-type]
    assert "guard.fno" in {instance for _, instance, _ in client.started}


def test_two_writers_lose_nothing(services: Services) -> None:
    """A hold and a failure at the same time: the hold stands."""
    circuits = services.ledger.circuits

    def hold(circuit: Circuit) -> Circuit:
        if not circuit.is_open:
            circuits.note("", "403")
        return circuit.hold("Ann", "upgrade", NOW)

    assert circuits.change("", hold).who == "Ann"
    assert circuits.get("").reason == "upgrade"
