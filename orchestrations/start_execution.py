"""Has F&O start an execution: takes the submission step, again after each wait that the step asks for."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import azure.durable_functions as df

from activities.submission import Submitted, submit_export, submit_import
from landfall.records import Closure, Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_step, sleep

bp = df.Blueprint()

TRIES_PER_GENERATION = 20
BLOCKED = timedelta(minutes=1)
"""Between two tries to ask for an execution that F&O may have, while its environment lets nothing in."""


@dataclass(frozen=True)
class Start:
    """What to start, since when, and how long F&O may be unreachable."""

    step: Step
    kind: Literal["import", "export"]
    deadline_hours: float
    started: datetime | None = None


@dataclass(frozen=True)
class Started:
    """Nothing when F&O has the execution, otherwise how the run ends, or why nothing may go to its environment."""

    finding: Finding | None = None
    closure: Closure | None = None


def started_of(answer: dict[str, Any] | None) -> Started:
    """What became of a start; runs under way may hold the answer of a release that gave a finding or nothing."""
    if answer is None or "outcome" in answer:
        return Started(from_json(Finding, answer) if answer else None)
    return from_json(Started, answer)


@bp.orchestration_trigger(context_name="context")
def start_execution(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """What became of the start, as Started."""
    start = from_json(Start, context.get_input())
    started = start.started or context.current_utc_datetime
    submit = submit_import if start.kind == "import" else submit_export
    for _ in range(TRIES_PER_GENERATION):
        answer = yield from run_step(context, submit, start.step)
        submitted = from_json(Submitted, answer)
        if submitted.wait is None:
            return to_json(Started(submitted.finding, submitted.closure))
        now = context.current_utc_datetime
        if submitted.blocked:  # the environment's outage is not the run's time
            started = now
        if now - started > timedelta(hours=start.deadline_hours):
            return to_json(Started(_unreachable(start.deadline_hours)))
        yield sleep(context, timedelta(seconds=submitted.wait) if not submitted.blocked else BLOCKED)
    context.continue_as_new(to_json(replace(start, started=started)))
    return None


def _unreachable(hours: float) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O was unreachable or too busy for {hours:g} hours. Check its Job history, then run the file again.",
    )
