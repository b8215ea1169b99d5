"""A manual clock moves durable timers, schedules, hidden messages and F&O."""

import json
import uuid
from collections.abc import Iterator

import pytest
import requests

from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from tests.contract.conftest import Caller, token
from tests.contract.package_files import package, part
from tests.host.running_host import MakeHost, RunningHost, wait_for

DAY = 86400
CLOCK = "/admin/host/clock"
GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "DAY,A day later"))


def move(host: RunningHost, seconds: float) -> None:
    """Move a host's clock."""
    status, body, _ = host.request("POST", CLOCK, {"seconds": seconds})
    assert status == 200, body


def caller(emulator: Emulator) -> Caller:
    """A caller with a token that is valid at the emulator's time."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token(emulator.ready).json()['access_token']}"
    return Caller(emulator.ready, session)


@pytest.fixture
def still() -> Iterator[Emulator]:
    """An F&O whose clock stands still and whose executions take almost a day."""
    settings = Settings(execution_seconds=DAY - 60, queue_seconds=0)
    with Emulator(settings=settings, speed=0) as emulator:
        yield emulator


def test_a_manual_clock_moves_long_timers(make_host: MakeHost) -> None:
    """A timer of eight days, which the SDK splits, ends when the clock moves by eight days, not before."""
    host = make_host("steps", "--clock", "manual")
    instance = host.start_instance("far_away")
    wait_for(lambda: host.rows("SELECT count(*) FROM inbox WHERE due > 0") == [(1,)])
    for day in range(1, 8):
        move(host, DAY)
        host.wait_for_end(host.start_instance("chain", None, f"day-{day}"))
        assert host.status(instance)["runtimeStatus"] == "Running"
    move(host, DAY)
    assert host.wait_for_end(instance)["output"] == 8


def test_a_manual_clock_moves_schedules(make_host: MakeHost, storage: str) -> None:
    """A timer function for the first of January runs when the clock moves past that day."""
    settings = {"DataStorage": storage, "AzureWebJobsStorage": storage, "INBOX": f"i-{uuid.uuid4().hex}"}
    host = make_host("triggers", "--clock", "manual", **settings, EVERY="0 0 0 1 1 *")
    assert host.lines() == []
    move(host, 366 * DAY)
    wait_for(lambda: bool(host.lines()))
    assert json.loads(host.lines()[0])[0] == "tick"


def test_a_manual_clock_moves_hidden_messages(make_host: MakeHost, storage: str) -> None:
    """A message whose function failed returns when the clock has moved by host.json's visibilityTimeout, not before."""
    host = make_host(
        "bindings",
        "--clock",
        "manual",
        AzureWebJobsStorage=storage,
        PLACE=f"p-{uuid.uuid4().hex}",
        LOCAL_HOST_POLL_SECONDS="0.05",
        AzureFunctionsJobHost__extensions__queues__visibilityTimeout="01:00:00",
    )

    def failures() -> int:
        """How often `take` failed, which it does for one of the two messages of each `put`."""
        return host.log.read_text().count("The inputs of 'Functions.take' failed: ")

    host.request("POST", "/put/one")
    wait_for(lambda: failures() == 1)
    move(host, 3599)
    host.request("POST", "/put/two")
    wait_for(lambda: failures() == 2)
    wait_for(lambda: len(host.lines()) == 2)
    assert failures() == 2, "the first message is hidden for one more second"
    move(host, 2)
    wait_for(lambda: failures() == 3)
    move(host, 3600)
    wait_for(lambda: host.log.read_text().count("goes to the poison queue") == 1)


def test_both_clocks_move_together(make_host: MakeHost, still: Emulator) -> None:
    """One move by a day ends a durable timer of the host and an execution of F&O, and neither ends before."""
    host = make_host("steps", "--clock", "manual", "--emulator", still.ready["url"])
    fno = caller(still)
    instance = host.start_instance("sleep_until_tomorrow")
    execution = fno.start_import(GROUPS, "Day").json()["value"]
    wait_for(lambda: host.rows("SELECT count(*) FROM inbox WHERE due > 0") == [(1,)])
    wait_for(lambda: fno.control("GET", "executions")["executions"][0]["status"] == "Executing")
    assert host.status(instance)["runtimeStatus"] == "Running"
    before = still.clock.now()
    move(host, DAY)
    assert (still.clock.now() - before).total_seconds() == DAY
    assert host.wait_for_end(instance)["output"] == "tomorrow"
    assert caller(still).wait(execution) == "Succeeded"


def test_an_emulator_that_does_not_answer_stops_the_move(make_host: MakeHost) -> None:
    """When the emulator does not answer, the move is 502 and the host's time stays the same."""
    host = make_host("steps", "--clock", "manual", "--emulator", "http://127.0.0.1:9")
    before = host.request("GET", CLOCK)[1]
    status, body, _ = host.request("POST", CLOCK, {"seconds": 5})
    assert (status, b"did not move" in body) == (502, True)
    assert host.request("GET", CLOCK)[1] == before


def test_invalid_moves_are_refused(make_host: MakeHost) -> None:
    """A move backwards, beyond all dates or without a number is 400."""
    host = make_host("steps", "--clock", "manual")
    for body in ({"seconds": -1}, {"seconds": 1e300}, {"seconds": "soon"}, {}, [1]):
        assert host.request("POST", CLOCK, body)[0] == 400


def test_a_system_clock_cannot_be_moved(make_host: MakeHost) -> None:
    """Without --clock manual a move is 409 and names the option."""
    host = make_host("steps")
    status, body, _ = host.request("POST", CLOCK, {"seconds": 1})
    assert (status, b"--clock manual" in body) == (409, True)
