"""The gate: an entity that says who may go to F&O now, and how an orchestration passes it."""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import azure.durable_functions as df

from activities.gate_steps import Instances, Sleepers, find_earlier, find_lost, wake
from landfall.gate_queue import GATE, Hold, Queue, Ticket
from landfall.ids import run_id_of
from landfall.records import Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_part, run_step

bp = df.Blueprint()

Steps = Generator[Any, Any, Finding]
"""Part of an orchestrator: yields Durable tasks, returns how the run ends."""
Ended = TypeVar("Ended", bound=Finding | None)
"""How steps end; None where they are to be taken again."""
ASKS_PER_GENERATION = 20
ASK_AGAIN = timedelta(minutes=1)
"""A waiting run is woken by the one before it; should that be lost, it costs this long."""
STEP_BACK = timedelta(seconds=2)
"""For how long a run steps back when a file that landed before it is not at the gate yet."""
WELL = {Outcome.SUCCEEDED, Outcome.SUPERSEDED, Outcome.NO_ROWS}
"""Ends that hold no lane."""


@bp.entity_trigger(context_name="context")
def gate(context: df.DurableEntityContext) -> None:
    """Keep the queue: `enter` answers who is before the run, every other operation who may go now.

    `enter` answers nobody to a run that may go, and null to one that a person has passed over. `fail` and `hold`
    take a Hold, `release` and `skip` a lane, the others a run.
    """
    queue = from_json(Queue, context.get_state(dict))
    operation, about = str(context.operation_name), context.get_input()
    if operation == "enter":
        ticket = from_json(Ticket, about)
        if ticket.run in queue.skipped:
            queue = queue.leave(ticket.run)
            context.set_result(None)
        else:
            queue, granted = queue.enter(ticket)
            context.set_result([] if granted else queue.before(ticket))
    else:
        if operation == "fail":
            queue = queue.fail(from_json(Hold, about))
        elif operation == "hold":
            queue = queue.hold(from_json(Hold, about))
        else:
            queue = CHANGES[operation](queue, about)
        queue, events = queue.wake()
        context.set_result(to_json(Sleepers(events)))
    context.set_state(to_json(queue))


CHANGES: dict[str, Callable[[Queue, str], Queue]] = {
    "called": Queue.called,
    "leave": Queue.leave,
    "succeed": Queue.succeed,
    "release": Queue.release,
    "skip": Queue.skip,
    "forgive": Queue.forgive,
    "pass_over": Queue.pass_over,
}


@bp.orchestration_trigger(context_name="context")
def pass_gate(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Wait until the run may go: ask, wait to be woken, ask again. A finding when a person has passed it over."""
    ticket = from_json(Ticket, context.get_input())
    suspects: set[str] = set()
    for _ in range(ASKS_PER_GENERATION):
        # A name per wait: Durable replays an early event to every later wait of its name.
        event, now = context.new_uuid(), context.current_utc_datetime
        asking = replace(ticket, asked=now, waiter=context.instance_id, event=event)
        before = yield context.call_entity(entity_id(), "enter", to_json(asking))
        if before is None:
            return to_json(Finding(Outcome.CANCELED, "a person passed it over before it was sent to F&O"))
        if not before and not (yield from _step_back(context, ticket)):
            return None
        if before:
            yield from _release_lost(context, [run for run in before if run in suspects])
            woken = yield from _wait(context, event)
            suspects = set() if woken else set(before)
    context.continue_as_new(to_json(ticket))
    return None


@bp.orchestration_trigger(context_name="context")
def steer_gate(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Have the gate do what a person or the sweeper asks for, and wake those whose turn it is then."""
    asked: Any = context.get_input()
    yield from give_way(context, asked["operation"], asked["about"])


def in_turn(
    context: df.DurableOrchestrationContext, ticket: Ticket, steps: Generator[Any, Any, Ended]
) -> Generator[Any, Any, Finding | Ended]:
    """Take the steps while holding the ticket's lane, and give the lane back whatever becomes of them.

    Not a `finally`: a generator that Durable abandons between two turns is closed, and must not yield then.
    """
    passed_over = yield run_part(context, pass_gate, ticket)
    if passed_over:
        return from_json(Finding, passed_over)
    finding: Finding | Ended
    try:
        finding = yield from steps
    except Exception as error:  # noqa: BLE001  any failure is an end of the run, and the lane's
        finding = given_up(error)
    if ticket.holds and finding is not None:
        yield from judge(context, ticket, finding)
    else:
        yield from give_way(context, "leave", ticket.run)
    return finding


def judge(
    context: df.DurableOrchestrationContext, ticket: Ticket, finding: Finding
) -> Generator[Any, Any, None]:
    """Leave a lane that a failure holds, and a success lets go on."""
    if finding.outcome in WELL:
        yield from give_way(context, "succeed", ticket.run)
    else:
        reason = f"{ticket.run} ended {finding.outcome}: {finding.reason or 'no reason is known'}"
        failure = Hold(ticket.lane, reason, ticket.run, context.current_utc_datetime)
        yield from give_way(context, "fail", to_json(failure))


def give_way(
    context: df.DurableOrchestrationContext, operation: str, about: object
) -> Generator[Any, Any, None]:
    """Tell the gate that a run has `called`, or `leave`s, or what else it knows; wake those whose turn it is."""
    sleepers = yield context.call_entity(entity_id(), operation, about)
    if from_json(Sleepers, sleepers).events:
        yield from run_step(context, wake, from_json(Sleepers, sleepers))


def _step_back(context: df.DurableOrchestrationContext, ticket: Ticket) -> Generator[Any, Any, bool]:
    """Whether the run, though it may go, lets those pass that landed before it and are not at the gate yet."""
    if not ticket.strict:
        return False
    earlier = yield from run_step(context, find_earlier, Step(run_id_of(ticket.run)))
    if not earlier:
        return False
    yield from give_way(context, "leave", ticket.run)
    yield context.create_timer(context.current_utc_datetime + STEP_BACK)
    return True


def _wait(context: df.DurableOrchestrationContext, event: str) -> Generator[Any, Any, bool]:
    """Wait to be woken, a minute at most; whether it was."""
    woken = context.wait_for_external_event(event)
    timer: Any = context.create_timer(context.current_utc_datetime + ASK_AGAIN)
    first = yield context.task_any([woken, timer])
    if first != woken:
        return False
    timer.cancel()
    return True


def _release_lost(context: df.DurableOrchestrationContext, suspects: list[str]) -> Generator[Any, Any, None]:
    """Of those that were in our way a minute ago and still are, have those leave that will not do so themselves."""
    if not suspects:
        return
    lost = yield from run_step(context, find_lost, Instances(tuple(suspects)))
    for run in from_json(Instances, lost).ids:
        yield from give_way(context, "leave", run)


def given_up(error: Exception) -> Finding:
    """The finding of a run one of whose steps failed for good: its first line says which and why."""
    said = str(error).strip() or type(error).__name__
    return Finding(Outcome.NEEDS_ATTENTION, f"a step failed again and again: {said.splitlines()[0]}")


def entity_id() -> df.EntityId:
    """The gate of the environment."""
    return df.EntityId(*GATE)
