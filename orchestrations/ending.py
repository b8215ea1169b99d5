"""How runs end: whatever happens on the way, a run gives its lane back, is settled, and its end is announced."""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import azure.durable_functions as df

from activities.archiving import Ending, settle
from activities.notices import announce
from landfall.gate_queue import Hold, Ticket
from landfall.records import Closure, Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_part, run_step
from orchestrations.gate import give_way, pass_gate

bp = df.Blueprint()

Steps = Generator[Any, Any, Finding | Closure]
"""Part of an orchestrator: yields Durable tasks and returns how the run ends, or why it must wait and begin again."""
Ended = TypeVar("Ended", bound=Finding | Closure | None)
"""How steps end; None where they must be taken again."""
GOOD = {Outcome.SUCCEEDED, Outcome.SUPERSEDED, Outcome.NO_ROWS}
"""Outcomes that hold no lane."""


@bp.orchestration_trigger(context_name="context")
def resolve_run(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """End a run with the outcome that a person recorded, and release the lane that was held for it."""
    ending = from_json(Ending, context.get_input())
    end = yield from settle_run(context, Step(ending.run_id, ending.attempt), ending.finding)
    if ending.finding.outcome in GOOD:
        yield from give_way(context, "forgive", ending.run_id)
    return end


def finish_run(
    context: df.DurableOrchestrationContext, steps: Callable[[df.DurableOrchestrationContext, Step], Steps]
) -> Generator[Any, Any, dict[str, Any] | None]:
    """Take a run through its steps and settle it. A step that fails for good is an end too.

    None for a run whose environment has closed. It begins anew, and so its history stays short however long that lasts.
    """
    step = from_json(Step, context.get_input())
    try:
        finding = yield from steps(context, step)
    except Exception as error:  # noqa: BLE001  all that a step or sub-orchestration fails with
        finding = failure_of(error)
    if isinstance(finding, Closure):
        context.continue_as_new(context.get_input())
        return None
    return (yield from settle_run(context, step, finding))


def with_lane(
    context: df.DurableOrchestrationContext, ticket: Ticket, steps: Generator[Any, Any, Ended]
) -> Generator[Any, Any, Finding | Ended]:
    """Take the steps while holding the ticket's lane, and give the lane back however they end.

    Not a `finally`: Durable closes a generator that it abandons between two turns, and such a one must not yield.
    """
    passed_over = yield run_part(context, pass_gate, ticket)
    if passed_over:
        return from_json(Finding, passed_over)
    finding: Finding | Ended
    try:
        finding = yield from steps
    except Exception as error:  # noqa: BLE001  any failure is an end of the run, and the lane's
        finding = failure_of(error)
    if ticket.holds and isinstance(finding, Finding):
        yield from leave_lane(context, ticket, finding)
    else:
        yield from give_way(context, "leave", ticket.run)
    return finding


def leave_lane(context: df.DurableOrchestrationContext, ticket: Ticket, finding: Finding) -> Generator[Any, Any, None]:
    """Give back a lane that a failure holds and a success releases."""
    if finding.outcome in GOOD:
        yield from give_way(context, "succeed", ticket.run)
    else:
        reason = f"{ticket.run} ended {finding.outcome}: {finding.reason or 'no reason is known'}"
        failure = Hold(ticket.lane, reason, ticket.run, context.current_utc_datetime)
        yield from give_way(context, "fail", to_json(failure))


def settle_run(
    context: df.DurableOrchestrationContext, step: Step, finding: Finding
) -> Generator[Any, Any, dict[str, Any]]:
    """Settle a run and announce its end. A notice that cannot be sent changes nothing about the run."""
    end: dict[str, Any] = yield from run_step(context, settle, Ending(step.run_id, step.attempt, finding))
    if end.pop("announced", False):
        try:
            yield from run_step(context, announce, step)
        except Exception:  # noqa: BLE001  the run is settled, whatever becomes of its notice
            return end
    return end


def ask_for_attention(
    context: df.DurableOrchestrationContext, step: Step, finding: Finding
) -> Generator[Any, Any, bool]:
    """Settle a run that goes on as one that needs attention; False when that failed and must be tried again."""
    try:
        yield from settle_run(context, step, finding)
    except Exception:  # noqa: BLE001  the run must go on, whatever fails here
        return False
    return True


def failure_of(error: Exception) -> Finding:
    """The finding of a run whose step failed for good. Its first line says which step and why."""
    message = str(error).strip() or type(error).__name__
    return Finding(Outcome.NEEDS_ATTENTION, f"A step failed again and again: {message.splitlines()[0]}")
