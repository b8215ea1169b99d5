"""The gate: an entity that says who may go to F&O now, and how an orchestration passes it."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.waking import Instances, Sleepers, find_lost, wake
from landfall.records import Finding, Outcome, from_json, to_json
from orchestrations.calls import run_step
from orchestrations.turns import Queue, Ticket

bp = df.Blueprint()

Steps = Generator[Any, Any, Finding]
"""Part of an orchestrator: yields Durable tasks, returns how the run ends."""
ENVIRONMENT = "default"
ASKS_PER_GENERATION = 20
ASK_AGAIN = timedelta(minutes=1)
"""A waiting run is woken by the one before it; should that be lost, it costs this long."""


@bp.entity_trigger(context_name="context")
def gate(context: df.DurableEntityContext) -> None:
    """Keep the queue: `enter` answers who is before the run, `called` and `leave` who may go now."""
    queue = from_json(Queue, context.get_state(dict))
    if context.operation_name == "enter":
        ticket = from_json(Ticket, context.get_input())
        queue, granted = queue.enter(ticket)
        context.set_result([] if granted else queue.before(ticket))
    else:
        give_way = queue.called if context.operation_name == "called" else queue.leave
        queue = give_way(context.get_input())
        woken = tuple(each for each in queue.next() if each.event)
        context.set_result(to_json(Sleepers({gate_instance(each.run): each.event for each in woken})))
    context.set_state(to_json(queue))


@bp.orchestration_trigger(context_name="context")
def pass_gate(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Wait until the run may go: ask, wait to be woken, ask again."""
    ticket = from_json(Ticket, context.get_input())
    for _ in range(ASKS_PER_GENERATION):
        # A name per wait: Durable replays an early event to every later wait of its name.
        event, now = context.new_uuid(), context.current_utc_datetime
        asking = replace(ticket, asked=now, event=event)
        before = yield context.call_entity(entity_id(), "enter", to_json(asking))
        if not before:
            return
        woken = context.wait_for_external_event(event)
        timer: Any = context.create_timer(context.current_utc_datetime + ASK_AGAIN)
        first = yield context.task_any([woken, timer])
        if first == woken:
            timer.cancel()
        else:
            yield from _release_lost(context, before)
    context.continue_as_new(to_json(ticket))


def in_turn(context: df.DurableOrchestrationContext, ticket: Ticket, steps: Steps) -> Steps:
    """Take the steps while holding the ticket's lane, and give the lane back whatever becomes of them.

    Not a `finally`: a generator that Durable abandons between two turns is closed, and must not yield then.
    """
    yield context.call_sub_orchestrator(pass_gate, to_json(ticket), gate_instance(ticket.run))
    try:
        finding = yield from steps
    except Exception as error:  # noqa: BLE001  any failure is an end of the run, and the lane's
        finding = given_up(error)
    yield from give_way(context, "leave", ticket.run)
    return finding


def give_way(context: df.DurableOrchestrationContext, operation: str, run: str) -> Generator[Any, Any, None]:
    """Tell the gate that the run has `called`, or `leave`s, and wake those whose turn it is."""
    sleepers = yield context.call_entity(entity_id(), operation, run)
    if from_json(Sleepers, sleepers).events:
        yield from run_step(context, wake, from_json(Sleepers, sleepers))


def _release_lost(context: df.DurableOrchestrationContext, before: list[str]) -> Generator[Any, Any, None]:
    """Have those leave who are before us and whose orchestration has ended without leaving."""
    lost = yield from run_step(context, find_lost, Instances(tuple(before)))
    for run in from_json(Instances, lost).ids:
        yield from give_way(context, "leave", run)


def given_up(error: Exception) -> Finding:
    """The finding of a run one of whose steps failed for good: its first line says which and why."""
    said = str(error).strip() or type(error).__name__
    return Finding(Outcome.NEEDS_ATTENTION, f"a step failed again and again: {said.splitlines()[0]}")


def gate_instance(run: str) -> str:
    """The id of the sub-orchestration in which a run waits at the gate."""
    return f"{run}.gate"


def entity_id() -> df.EntityId:
    """The gate of the environment."""
    return df.EntityId("gate", ENVIRONMENT)
