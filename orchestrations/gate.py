"""The gate: who may go to F&O now.

F&O fails when two ImportFromPackage calls overlap, and when two executions of one data project do (fno-behaviour
2.13). So per environment one entity keeps the queue: one holder per lane (a data project), one caller at a time,
in the order of landing.
"""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from landfall.records import Finding, Outcome, from_json, to_json
from orchestrations.calls import run_part

bp = df.Blueprint()

Steps = Generator[Any, Any, Finding]
"""Part of an orchestrator: yields Durable tasks, returns how the run ends."""
ENVIRONMENT = "default"
ASKS_PER_GENERATION = 20
SILENT = timedelta(minutes=10)
"""A waiting run asks at least every fifteen seconds; one that is silent for longer has been terminated."""


@dataclass(frozen=True)
class Ticket:
    """A place in the queue: `run` is the orchestration's id, `since` what the order goes by (ISO 8601).

    `calls` says whether the run will make the call that may not overlap with another's.
    """

    run: str
    lane: str
    since: str
    calls: bool
    asked: datetime | None = None


@dataclass(frozen=True)
class Queue:
    """What the entity keeps: who waits, who holds each lane, who is calling."""

    waiting: tuple[Ticket, ...] = ()
    holders: dict[str, str] = field(default_factory=dict)
    caller: str | None = None

    def enter(self, ticket: Ticket) -> tuple["Queue", bool]:
        """Ask to go; True when the run holds its lane. Asking again keeps the place."""
        if self.holders.get(ticket.lane) == ticket.run:
            return self, True
        others = tuple(
            each for each in self.waiting if each.run != ticket.run and not _is_silent(each, ticket)
        )
        queue = replace(
            self, waiting=tuple(sorted((*others, ticket), key=lambda each: (each.since, each.run)))
        )
        if _next_in(queue, ticket) != ticket:
            return queue, False
        return replace(
            queue,
            waiting=others,
            holders={**queue.holders, ticket.lane: ticket.run},
            caller=ticket.run if ticket.calls else queue.caller,
        ), True

    def called(self, run: str) -> "Queue":
        """The run's call is over; another may make its own."""
        return replace(self, caller=None) if self.caller == run else self

    def leave(self, run: str) -> "Queue":
        """The run is over, or waits no longer."""
        return replace(
            self.called(run),
            waiting=tuple(each for each in self.waiting if each.run != run),
            holders={lane: holder for lane, holder in self.holders.items() if holder != run},
        )


@bp.entity_trigger(context_name="context")
def gate(context: df.DurableEntityContext) -> None:
    """The entity: `enter` answers whether the run may go, `called` and `leave` give way."""
    queue = from_json(Queue, context.get_state(dict))
    if context.operation_name == "enter":
        queue, granted = queue.enter(from_json(Ticket, context.get_input()))
        context.set_result(granted)
    elif context.operation_name == "called":
        queue = queue.called(context.get_input())
    elif context.operation_name == "leave":
        queue = queue.leave(context.get_input())
    context.set_state(to_json(queue))


@bp.orchestration_trigger(context_name="context")
def pass_gate(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Waits until the run may go; a lost answer only costs the time until the next question."""
    ticket = from_json(Ticket, context.get_input())
    for ask in range(ASKS_PER_GENERATION):
        now = context.current_utc_datetime
        granted = yield context.call_entity(entity_id(), "enter", to_json(replace(ticket, asked=now)))
        if granted:
            return
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=min(1 + ask, 15)))
    context.continue_as_new(to_json(ticket))


def in_turn(context: df.DurableOrchestrationContext, ticket: Ticket, steps: Steps) -> Steps:
    """Take the steps while holding the ticket's lane, and give the lane back whatever becomes of them.

    Not a `finally`: a generator that Durable abandons between two turns is closed, and must not yield then.
    """
    yield run_part(context, pass_gate, ticket)
    try:
        finding = yield from steps
    except Exception as error:  # noqa: BLE001  any failure is an end of the run, and the lane's
        finding = given_up(error)
    yield context.call_entity(entity_id(), "leave", ticket.run)
    return finding


def given_up(error: Exception) -> Finding:
    """The finding of a run one of whose steps failed for good: its first line says which and why."""
    return Finding(Outcome.NEEDS_ATTENTION, f"a step failed again and again: {str(error).splitlines()[0]}")


def entity_id() -> df.EntityId:
    """The gate of the environment."""
    return df.EntityId("gate", ENVIRONMENT)


def _next_in(queue: Queue, ticket: Ticket) -> Ticket | None:
    """The first of those who compete with this one and could go now."""
    for each in queue.waiting:
        if each.lane in queue.holders or (each.calls and queue.caller):
            continue
        if each.lane == ticket.lane or (each.calls and ticket.calls):
            return each
    return None


def _is_silent(waiting: Ticket, now: Ticket) -> bool:
    return bool(waiting.asked and now.asked and now.asked - waiting.asked > SILENT)
