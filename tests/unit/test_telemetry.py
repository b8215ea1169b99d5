"""The app's events are lines that queries can read."""

import asyncio
import dataclasses
import json
import logging
import threading
import typing

import pytest

from landfall.records import Outcome, Run, Source, State, utc_now
from landfall.telemetry import Event, StateChanged, Sweep, emit, log_for_threads


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The events that were logged."""
    return [json.loads(each.message) for each in caplog.records if each.message.startswith('{"event"')]


@pytest.mark.parametrize("kind", typing.get_args(Event))
def test_an_event_begins_with_its_name(kind: type) -> None:
    """Queries find events by the start of their line, and each name belongs to one kind of event."""
    first = dataclasses.fields(kind)[0]
    assert first.name == "event"
    names = [dataclasses.fields(each)[0].default for each in typing.get_args(Event)]
    assert names.count(first.default) == 1


def test_an_event_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the project's name contains, an event is one line of JSON that says what changed."""
    caplog.set_level(logging.INFO)
    run = Run(
        "imp-1",
        "import",
        State.DONE,
        route="packages",
        company="USMF",
        data_project='Kunden "neu"\nGrößen',
        outcome=Outcome.FAILED,
        source=Source("landing", "a.zip", "1", 12),
        times={State.CLAIMED: utc_now()},
    )
    emit(StateChanged.of(run, dataclasses.replace(run, state=State.ARCHIVING, outcome=None)))
    assert "\n" not in caplog.messages[0]
    assert logged(caplog) == [
        {
            "event": "run.state",
            "run_id": "imp-1",
            "attempt": 1,
            "kind": "import",
            "name": "packages",
            "lane": 'kunden "neu"\ngrössen',
            "data_project": 'Kunden "neu"\nGrößen',
            "company": "USMF",
            "execution_id": None,
            "before": "Archiving",
            "after": "Done",
            "outcome": "Failed",
            "dealt_with": False,
            "seconds": pytest.approx(0, abs=60),
            "bytes": 12,
        }
    ]


def test_an_empty_sweep_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A sweep that found nothing is the app's heartbeat."""
    caplog.set_level(logging.INFO)
    emit(Sweep())
    assert logged(caplog)[0]["event"] == "sweep"


def test_what_a_thread_logs_is_logged_where_it_is_awaited(caplog: pytest.LogCaptureFixture) -> None:
    """Azure drops the lines of threads that know of no invocation, so the coroutine logs them, each once, in order."""
    caplog.set_level(logging.INFO)
    threads: list[str] = []
    seen = logging.Handler()
    seen.emit = lambda record: threads.append(f"{record.getMessage()} in {threading.current_thread().name}")  # type: ignore[method-assign]
    log = logging.getLogger("landfall")

    async def work() -> None:
        with log_for_threads():
            await asyncio.to_thread(log.info, "first")
            log.info("second")
            await asyncio.to_thread(log.info, "third")
            raise LookupError

    log.addHandler(seen)
    try:
        with pytest.raises(LookupError):
            asyncio.run(work())
    finally:
        log.removeHandler(seen)
    assert threads == ["first in MainThread", "second in MainThread", "third in MainThread"]


def test_a_plain_function_logs_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """The worker knows the thread of an activity."""
    caplog.set_level(logging.INFO)
    thread = threading.Thread(target=emit, args=(Sweep(),))
    thread.start()
    thread.join()
    assert logged(caplog)[0]["event"] == "sweep"
