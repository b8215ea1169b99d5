"""The export of one slot and company, from submission to the target container."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from activities.delivery import Delivered, deliver
from activities.exports import Clearance, Order, clear, take_order
from landfall.polling import Pace, next_look
from landfall.records import Finding, Outcome, Step, from_json
from landfall.turns import Ticket
from orchestrations.calls import run_part, run_step
from orchestrations.ending import carried
from orchestrations.gate import Steps, in_turn
from orchestrations.start_execution import Start, start_execution
from orchestrations.watch_execution import Watch, watch_execution

bp = df.Blueprint()

PACKING_ASKS = 40
"""Twenty minutes at the usual pace: Microsoft's own scheduler asks for about ten, and forty asks keep history short."""


@bp.orchestration_trigger(context_name="context")
def export_project(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Carry an export to its end: a whole package in the target, or the reason why not."""
    return (yield from carried(context, _ordered))


def _ordered(context: df.DurableOrchestrationContext, step: Step) -> Steps:
    answer = yield from run_step(context, take_order, step)
    order = from_json(Order, answer)
    ticket = Ticket(context.instance_id, order.lane, order.slot, calls=False)
    return (yield from in_turn(context, ticket, _executed(context, step, order)))


def _executed(context: df.DurableOrchestrationContext, step: Step, order: Order) -> Steps:
    clearance = from_json(Clearance, (yield from run_step(context, clear, step)))
    if clearance.refusal:
        return clearance.refusal
    start = Start(step, "export", order.deadline_hours)
    refused = yield run_part(context, start_execution, start)
    if refused:
        return from_json(Finding, refused)
    watch = Watch(step, order.pace, order.deadline_hours)
    watched = yield run_part(context, watch_execution, watch)
    finding = from_json(Finding, watched)
    if finding.outcome not in {Outcome.SUCCEEDED, Outcome.PARTIALLY_SUCCEEDED}:
        return finding
    delivered = yield from _delivered(context, step, order.pace)
    if delivered.outcome == Outcome.NO_ROWS and finding.outcome != Outcome.SUCCEEDED:
        return finding  # where something failed, having no rows is no end of its own
    return finding if delivered.outcome == Outcome.SUCCEEDED else delivered


def _delivered(context: df.DurableOrchestrationContext, step: Step, pace: Pace) -> Steps:
    started = context.current_utc_datetime
    for _ in range(PACKING_ASKS):
        answer = yield from run_step(context, deliver, step)
        delivered = from_json(Delivered, answer)
        if delivered.finding:
            return delivered.finding
        now = context.current_utc_datetime
        yield context.create_timer(now + next_look(replace(pace, past=()), now - started))
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O finished the export and named no package, {PACKING_ASKS} times asked; look at it in F&O's Job history",
    )
