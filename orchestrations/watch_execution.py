"""Waits for an F&O execution to end: look, sleep on a durable timer, look again, until it ends or time is up."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.executions import Look, look
from landfall.polling import Pace, next_look
from landfall.records import Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_step

bp = df.Blueprint()

LOOKS_PER_GENERATION = 20
"""Replay costs about a millisecond per look and look already in history: starting anew bounds it."""


@dataclass(frozen=True)
class Watch:
    """What is watched, how eagerly, since when and until when at most (ISO 8601)."""

    step: Step
    pace: Pace
    deadline_hours: float
    started: datetime | None = None


@bp.orchestration_trigger(context_name="context")
def watch_execution(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """The finding of an execution's end; NeedsAttention when its deadline passes first."""
    watch = from_json(Watch, context.get_input())
    started = watch.started or context.current_utc_datetime
    deadline = started + timedelta(hours=watch.deadline_hours)
    for _ in range(LOOKS_PER_GENERATION):
        answer = yield from run_step(context, look, watch.step)
        seen = from_json(Look, answer)
        now = context.current_utc_datetime
        if seen.finding:
            return to_json(seen.finding)
        if now >= deadline:
            return to_json(_overdue(watch.deadline_hours))
        wait = timedelta(seconds=seen.wait) if seen.wait else next_look(watch.pace, now - started)
        yield context.create_timer(min(now + wait, deadline))
    context.continue_as_new(to_json(replace(watch, started=started)))
    return None


def _overdue(hours: float) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O was still running it {hours:g} hours after submission; see its Job history before running the file again",
    )
