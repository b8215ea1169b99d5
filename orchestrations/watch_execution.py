"""Waits for an execution in F&O to end: sleeps on a durable timer, looks, sleeps again."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.executions import Look, LookStep, look
from landfall.polling import Pace, next_look
from landfall.records import Finding, Outcome, Step, Watcher, from_json, to_json
from orchestrations.calls import run_step, sleep, sleep_until_woken
from orchestrations.ending import ask_for_attention

bp = df.Blueprint()

LOOKS_PER_GENERATION = 20
"""Each look replays all earlier looks, at about a millisecond each. Starting a new history bounds that."""
APART = timedelta(seconds=5)
"""Between two looks, however many hints come."""
SLOW = timedelta(minutes=10)
"""Between two looks at an overdue execution."""
FORGOTTEN = timedelta(days=8)
"""How long an overdue execution is watched: F&O keeps its history for seven days (fno-behaviour 7.3)."""

WATCHED_ON = "Landfall keeps checking and lets nothing else into this data project until it ends."
UNWANTED = Finding(
    Outcome.NEEDS_ATTENTION, f"You stopped waiting; F&O may still be running it. Check Job history. {WATCHED_ON}"
)


@dataclass(frozen=True)
class Watch:
    """What to watch, how often to look, when to ask a person to look, and how far the watch has got.

    `looked` is when a look last found it running, `asked` the seconds that F&O then asked Landfall to wait, `told`
    whether the run was settled as one that needs attention, `event` what a hint raises to have the next look at once.
    """

    step: Step
    pace: Pace
    deadline_hours: float
    started: datetime | None = None
    looked: datetime | None = None
    asked: float | None = None
    execution_id: str | None = None
    told: bool = False
    event: str = ""


@bp.orchestration_trigger(context_name="context")
def watch_execution(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """How the execution ends, however late.

    If the deadline passes first, or a person stops waiting, the run is settled as NeedsAttention. The watch goes on,
    slowly, and keeps the data project's lane, in which nothing else may start. The real end then corrects the run.
    """
    watch = from_json(Watch, context.get_input())
    for _ in range(LOOKS_PER_GENERATION):
        now = context.current_utc_datetime
        started = watch.started or now
        deadline = started + timedelta(hours=watch.deadline_hours)
        woken = yield from sleep_until_woken(context, watch.event, _wait(watch, now, started, deadline))
        if woken and context.current_utc_datetime - now < APART:
            yield sleep(context, now + APART - context.current_utc_datetime)
        now = context.current_utc_datetime
        # The execution ended between two looks. Landfall remembers the middle.
        middle = ((watch.looked or started) - started + (now - started)).total_seconds() / 2
        event = str(context.new_uuid())
        watcher = Watcher(context.instance_id, event)
        about = LookStep(watch.step.run_id, watch.step.attempt, watch.execution_id, middle, watcher)
        answer = yield from run_step(context, look, about)
        seen = from_json(Look, answer)
        if seen.finding:
            return to_json(seen.finding)
        if now - deadline > FORGOTTEN and not seen.unanswered:
            return to_json(_overdue(watch))
        watch = replace(
            watch,
            started=min(started, seen.accepted or started),
            looked=watch.looked if seen.unanswered else now,
            asked=seen.wait,
            execution_id=seen.execution_id,
            event=event,
        )
        # While F&O cannot be asked, nobody knows whether it is late.
        late = now >= deadline and not seen.unanswered
        if (late or seen.unwanted) and not watch.told:
            finding = _overdue(watch) if late else UNWANTED
            watch = replace(watch, told=(yield from ask_for_attention(context, watch.step, finding)))
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
        f"F&O was still running it {watch.deadline_hours:g} hours after submission. Check Job history. {WATCHED_ON}",
    )
