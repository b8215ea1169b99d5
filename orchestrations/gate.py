"""The gate: an entity that decides which runs may go to F&O now, and how an orchestration passes it."""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.environments import guard
from activities.gate_steps import Asking, Earlier, Idle, Instances, Sleepers, find_earlier, find_idle, wake
from landfall.gate_queue import GATE, Hold, Queue, Release, Ticket
from landfall.ids import run_id_of
from landfall.records import Closure, Finding, Outcome, from_json, to_json
from orchestrations.calls import run_step, sleep, sleep_until_woken

bp = df.Blueprint()

ASKS_PER_GENERATION = 20
ASK_AGAIN = timedelta(minutes=1)
"""The run ahead wakes a waiting run. If that event is lost, the run asks again after this long."""
STEP_BACK = timedelta(seconds=2)
"""How long a run steps back for a file that landed earlier and has not had its turn; it doubles each time."""


@bp.entity_trigger(context_name="context")
def gate(context: df.DurableEntityContext) -> None:
    """Keep the queue.

    `enter` answers the runs ahead of a run: none when it may go, null when a person has passed it over. Every other
    operation answers the orchestrations to wake. `fail` and `hold` take a Hold, `grant` a Release, `step_back` a
    Ticket, `close` a Closure, `open` an environment, `release` and `skip` a lane, the others a run.
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
            context.set_result([] if granted else queue.blockers(ticket))
    else:
        if operation == "fail":
            queue = queue.fail(from_json(Hold, about))
        elif operation == "step_back":
            queue = queue.step_back(from_json(Ticket, about))
        elif operation == "hold":
            queue = queue.hold(from_json(Hold, about))
        elif operation == "close":
            queue = queue.close(from_json(Closure, about))
        elif operation == "grant":
            queue = queue.grant(from_json(Release, about))
        else:
            queue = CHANGES[operation](queue, about)
        queue, events = queue.wake()
        context.set_result(to_json(Sleepers(events)))
    context.set_state(to_json(queue))


CHANGES: dict[str, Callable[[Queue, str], Queue]] = {
    "called": Queue.end_call,
    "leave": Queue.leave,
    "open": Queue.open,
    "succeed": Queue.succeed,
    "release": Queue.release,
    "skip": Queue.skip,
    "forgive": Queue.forgive,
    "pass_over": Queue.pass_over,
}


@bp.orchestration_trigger(context_name="context")
def pass_gate(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Ask, wait to be woken and ask again, until the run may go (None) or a person has passed it over (a finding)."""
    ticket = from_json(Ticket, context.get_input())
    suspects: set[str] = set()
    back = STEP_BACK
    for _ in range(ASKS_PER_GENERATION):
        event, now = context.new_uuid(), context.current_utc_datetime
        asking = replace(ticket, asked=now, waiter=context.instance_id, event=event)
        before = yield context.call_entity(entity_id(), "enter", to_json(asking))
        if before is None:
            return to_json(Finding(Outcome.CANCELED, "A person skipped the run before it was sent to F&O."))
        if not before:
            earlier = yield from _find_earlier(context, asking)
            if not earlier.wait:
                return None
            yield from give_way(context, "step_back", to_json(asking))
            if earlier.hold:
                ticket = replace(ticket, released=True)
                yield from give_way(context, "hold", to_json(Hold(ticket.lane, earlier.hold, since=now)))
            yield sleep(context, back)
            back = min(2 * back, ASK_AGAIN)
        else:
            yield from _release_idle(context, [run for run in before if run in suspects])
            woken = yield from sleep_until_woken(context, event, ASK_AGAIN)
            suspects = set() if woken else set(before)
    context.continue_as_new(to_json(ticket))
    return None


@bp.orchestration_trigger(context_name="context")
def steer_gate(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Have the gate do what a person or the sweeper asks for, and wake the runs whose turn it is then."""
    asked: Any = context.get_input()
    yield from give_way(context, asked["operation"], asked["about"])


def give_way(context: df.DurableOrchestrationContext, operation: str, about: object) -> Generator[Any, Any, None]:
    """Tell the gate that a run has `called`, `leave`s and so on, and wake the runs whose turn it is then."""
    sleepers = yield context.call_entity(entity_id(), operation, about)
    if from_json(Sleepers, sleepers).events:
        yield from run_step(context, wake, from_json(Sleepers, sleepers))


def close_gate(context: df.DurableOrchestrationContext, closure: Closure) -> Generator[Any, Any, None]:
    """Let nothing into an environment until what watches over it opens it again."""
    yield from give_way(context, "close", to_json(closure))
    yield from run_step(context, guard, closure)


def _find_earlier(context: df.DurableOrchestrationContext, ticket: Ticket) -> Generator[Any, Any, Earlier]:
    """What a run that may go by the gate's queue must let pass all the same."""
    follows = ticket.follows and not ticket.released
    if not (ticket.strict or follows):
        return Earlier()
    asking = Asking(run_id_of(ticket.run), strict=ticket.strict, follows=follows)
    answer = yield from run_step(context, find_earlier, asking)
    # Runs under way may hold the answer of a release that only said whether to wait.
    return Earlier(answer) if isinstance(answer, bool) else from_json(Earlier, answer)


def _release_idle(context: df.DurableOrchestrationContext, suspects: list[str]) -> Generator[Any, Any, None]:
    """Take from runs that have been ahead for a minute what they will not give back by themselves, or not soon."""
    if not suspects:
        return
    idle = from_json(Idle, (yield from run_step(context, find_idle, Instances(tuple(suspects)))))
    for operation, runs in (("leave", idle.lost), ("called", idle.called)):
        for run in runs:
            yield from give_way(context, operation, run)


def entity_id() -> df.EntityId:
    """The id of the gate's entity."""
    return df.EntityId(*GATE)
