"""How every run ends: settled, whatever happened on its road, and told."""

from collections.abc import Callable, Generator
from typing import Any

import azure.durable_functions as df

from activities.archiving import Ending, settle
from activities.notices import announce
from landfall.records import Finding, Step, from_json
from orchestrations.calls import run_step
from orchestrations.gate import WELL, Steps, give_way, given_up

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def resolve_run(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """End a run as a person has said that it ended, and let the lane go on that was held for it."""
    ending = from_json(Ending, context.get_input())
    end = yield from settled(context, Step(ending.run_id, ending.attempt), ending.finding)
    if ending.finding.outcome in WELL:
        yield from give_way(context, "forgive", ending.run_id)
    return end


def carried(
    context: df.DurableOrchestrationContext, road: Callable[[df.DurableOrchestrationContext, Step], Steps]
) -> Generator[Any, Any, dict[str, Any]]:
    """Take a run down its road and settle it: any failure of a step is an end too, and must be told."""
    step = from_json(Step, context.get_input())
    try:
        finding = yield from road(context, step)
    except Exception as error:  # noqa: BLE001  all that a step or sub-orchestration fails with
        finding = given_up(error)
    return (yield from settled(context, step, finding))


def settled(
    context: df.DurableOrchestrationContext, step: Step, finding: Finding
) -> Generator[Any, Any, dict[str, Any]]:
    """Settle a run and have its end told. Telling is nobody's reason to fail."""
    end: dict[str, Any] = yield from run_step(context, settle, Ending(step.run_id, step.attempt, finding))
    if end.pop("announced", False):
        try:
            yield from run_step(context, announce, step)
        except Exception:  # noqa: BLE001  the run is settled, whatever becomes of its notice
            return end
    return end


def told(context: df.DurableOrchestrationContext, step: Step, finding: Finding) -> Generator[Any, Any, bool]:
    """Settle a run that goes on as one that a person must look at; False when that failed and is to be tried again."""
    try:
        yield from settled(context, step, finding)
    except Exception:  # noqa: BLE001  whatever hinders it, the run must go on
        return False
    return True
