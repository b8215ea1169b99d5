"""The export of one slot and company, from submission to the target container."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from activities.export_orders import Clearance, Order, clear, reset_tokens, take_order
from activities.summaries import summarise
from landfall.gate_queue import Ticket
from landfall.polling import Pace, next_look
from landfall.records import Closure, Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_part, run_step, sleep
from orchestrations.deliver_package import Delivery, deliver_package
from orchestrations.ending import Steps, finish_run, with_lane
from orchestrations.gate import close_gate
from orchestrations.start_execution import Start, start_execution, started_of
from orchestrations.watch_execution import Watch, watch_execution

bp = df.Blueprint()

ASKS_PER_GENERATION = 20
TURNS = 20
"""How often an export may find, once it has the lane, that another one was faster."""
EXECUTED = {Outcome.SUCCEEDED, Outcome.PARTIALLY_SUCCEEDED}
"""Outcomes of an execution that leave a package."""


@dataclass(frozen=True)
class Wait:
    """Which run waits for the previous package of its export, how often it looks, and since when."""

    step: Step
    pace: Pace
    started: datetime | None = None


@bp.orchestration_trigger(context_name="context")
def export_project(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Run an export: it ends with a whole package in the target, or with the reason why there is none."""
    end = yield from finish_run(context, _export)
    if end is None:
        return None
    try:
        yield from run_step(context, summarise, from_json(Step, context.get_input()))
    except Exception:  # noqa: BLE001  the run is settled, whatever becomes of the summary
        return end
    return end


def _export(context: df.DurableOrchestrationContext, step: Step) -> Steps:
    answer = yield from run_step(context, take_order, step)
    order = from_json(Order, answer)
    if order.refusal:
        return order.refusal
    ticket = Ticket(
        context.instance_id, order.lane, order.slot, calls=False, environment=order.environment, name=order.name
    )
    for _ in range(TURNS):
        finding = yield from with_lane(context, ticket, _execute(context, step, order))
        if isinstance(finding, Closure):
            return finding
        if finding and finding.outcome in EXECUTED:
            return (yield from _deliver(context, step, order, finding))
        if finding:
            return finding
        refused = yield run_part(context, wait_for_safety, Wait(step, order.pace))
        if refused:
            return from_json(Finding, refused)
    return Finding(Outcome.CANCELED, "Not started: other runs of this export were faster each time.")


@bp.orchestration_trigger(context_name="context")
def wait_for_safety(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Wait until the export's previous package is safe (None) or never will be (a finding), without holding a lane."""
    wait = from_json(Wait, context.get_input())
    started = wait.started or context.current_utc_datetime
    for _ in range(ASKS_PER_GENERATION):
        now = context.current_utc_datetime
        yield sleep(context, next_look(replace(wait.pace, past=()), now - started))
        clearance = from_json(Clearance, (yield from run_step(context, clear, wait.step)))
        if not clearance.wait:
            return to_json(clearance.refusal) if clearance.refusal else None
    context.continue_as_new(to_json(replace(wait, started=started)))
    return None


def _execute(
    context: df.DurableOrchestrationContext, step: Step, order: Order
) -> Generator[Any, Any, Finding | Closure | None]:
    """How F&O's execution ended; None when it must not start yet, which is decided while the lane is held.

    The lane is given back before the package has arrived: the next company's export need not wait for it.
    """
    clearance = from_json(Clearance, (yield from run_step(context, clear, step)))
    if clearance.closure:
        yield from close_gate(context, clearance.closure)
        return clearance.closure
    if clearance.refusal or clearance.wait:
        return clearance.refusal
    if order.full:
        refusal = yield from run_step(context, reset_tokens, step)
        if refusal:
            return from_json(Finding, refusal)
    start = Start(step, "export", order.deadline_hours)
    started = started_of((yield run_part(context, start_execution, start)))
    if started.closure:
        yield from close_gate(context, started.closure)
    if started.closure or started.finding:
        return started.closure or started.finding
    watch = Watch(step, order.pace, order.deadline_hours)
    watched = yield run_part(context, watch_execution, watch)
    return from_json(Finding, watched)


def _deliver(context: df.DurableOrchestrationContext, step: Step, order: Order, executed: Finding) -> Steps:
    """Combine F&O's outcome with the delivery's and return the worse of the two."""
    delivery = Delivery(step, order.deadline_hours, order.pace)
    delivered = from_json(Finding, (yield run_part(context, deliver_package, delivery)))
    if delivered.outcome == Outcome.NO_ROWS and executed.outcome != Outcome.SUCCEEDED:
        return executed
    return executed if delivered.outcome == Outcome.SUCCEEDED else delivered
