"""Has F&O start an execution: takes the submission step, again after each wait that the step asks for."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import azure.durable_functions as df

from activities.submission import Submitted, submit_export, submit_import
from landfall.records import Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_step, sleep

bp = df.Blueprint()

TRIES_PER_GENERATION = 20


@dataclass(frozen=True)
class Start:
    """What to start, since when, and how long F&O may be unreachable."""

    step: Step
    kind: Literal["import", "export"]
    deadline_hours: float
    started: datetime | None = None


@bp.orchestration_trigger(context_name="context")
def start_execution(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """None when F&O has the execution, otherwise how the run ends."""
    start = from_json(Start, context.get_input())
    started = start.started or context.current_utc_datetime
    submit = submit_import if start.kind == "import" else submit_export
    for _ in range(TRIES_PER_GENERATION):
        answer = yield from run_step(context, submit, start.step)
        submitted = from_json(Submitted, answer)
        if submitted.wait is None:
            return to_json(submitted.finding) if submitted.finding else None
        now = context.current_utc_datetime
        if now - started > timedelta(hours=start.deadline_hours):
            return to_json(_unreachable(start.deadline_hours))
        yield sleep(context, timedelta(seconds=submitted.wait))
    context.continue_as_new(to_json(replace(start, started=started)))
    return None


def _unreachable(hours: float) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O was unreachable or too busy for {hours:g} hours. Check its Job history, then run the file again.",
    )
