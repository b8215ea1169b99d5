"""Waits for an F&O execution to end: sleep on a durable timer, look, sleep again."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.executions import Look, LookStep, look
from landfall.polling import Pace, next_look
from landfall.records import Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_step
from orchestrations.ending import told

bp = df.Blueprint()

LOOKS_PER_GENERATION = 20
"""Replay costs about a millisecond per look and look already in history: starting anew bounds it."""
SLOW = timedelta(minutes=10)
"""Between two looks at what is overdue."""
FORGOTTEN = timedelta(days=8)
"""How long an overdue execution is watched: F&O keeps its history for seven days (fno-behaviour 7.3)."""

WATCHED_ON = "Landfall goes on looking, and lets nothing else into this data project until it has ended"
UNWANTED = Finding(
    Outcome.NEEDS_ATTENTION,
    f"a person waits for it no longer, and F&O may still be running it; see its Job history. {WATCHED_ON}",
)


@dataclass(frozen=True)
class Watch:
    """What is watched, how eagerly, for how long before a person is told; and how far the watch has got.

    `looked` is when the last look found it running, `asked` the seconds that F&O asked to wait for then, `told` whether
    a person was told that it may never end.
    """

    step: Step
    pace: Pace
    deadline_hours: float
    started: datetime | None = None
    looked: datetime | None = None
    asked: float | None = None
    execution_id: str | None = None
    told: bool = False


@bp.orchestration_trigger(context_name="context")
def watch_execution(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """The finding of an execution's end, however late.

    When the deadline passes first, or a person will not wait, the run is settled as NeedsAttention, and the watch goes on, slowly: whoever waits
    for it keeps the data project's lane, in which nothing else may start, and settles the run again by its real end.
    """
    watch = from_json(Watch, context.get_input())
    for _ in range(LOOKS_PER_GENERATION):
        now = context.current_utc_datetime
        started = watch.started or now
        deadline = started + timedelta(hours=watch.deadline_hours)
        yield context.create_timer(now + _wait(watch, now, started, deadline))
        now = context.current_utc_datetime
        # An end is known to lie between two looks: its middle is what is remembered.
        middle = ((watch.looked or started) - started + (now - started)).total_seconds() / 2
        about = LookStep(watch.step.run_id, watch.step.attempt, watch.execution_id, middle)
        answer = yield from run_step(context, look, about)
        seen = from_json(Look, answer)
        if seen.finding:
            return to_json(seen.finding)
        if now - deadline > FORGOTTEN:
            return to_json(_overdue(watch))
        watch = replace(
            watch,
            started=min(started, seen.accepted or started),
            looked=now,
            asked=seen.wait,
            execution_id=seen.execution_id,
        )
        if (now >= deadline or seen.unwanted) and not watch.told:
            finding = _overdue(watch) if now >= deadline else UNWANTED
            watch = replace(watch, told=(yield from told(context, watch.step, finding)))
    context.continue_as_new(to_json(watch))
    return None


def _wait(watch: Watch, now: datetime, started: datetime, deadline: datetime) -> timedelta:
    wait = next_look(watch.pace, now - started, f"{watch.step.run_id}.{watch.step.attempt}")
    if watch.asked is not None:
        wait = timedelta(seconds=watch.asked)
    if now >= deadline:
        return max(wait, SLOW)
    return min(wait, deadline - now)


def _overdue(watch: Watch) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O was still running it {watch.deadline_hours:g} hours after submission; see its Job history. {WATCHED_ON}",
    )
