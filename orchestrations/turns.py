"""Whose turn it is to go to F&O: the queue that the gate keeps, as pure data.

F&O fails when two ImportFromPackage calls overlap, and when two executions of one data project do (fno-behaviour
5.9). So each lane (a data project) has one holder, and one run at a time makes its call, in the order of landing.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

SILENT = timedelta(minutes=10)
"""A waiting run asks at least every minute; one that is silent for longer has been terminated."""


@dataclass(frozen=True)
class Ticket:
    """A place in the queue: `run` is the orchestration's id, `since` what the order goes by (ISO 8601).

    `calls` says whether the run will make the call that may not overlap with another's; `event` is what the run
    waits for after having asked.
    """

    run: str
    lane: str
    since: str
    calls: bool
    asked: datetime | None = None
    event: str = ""


@dataclass(frozen=True)
class Queue:
    """Who waits, who holds each lane, who is calling."""

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
        ordered = sorted((*others, ticket), key=lambda each: (each.since, each.run))
        queue = replace(self, waiting=tuple(ordered))
        if ticket not in queue.next():
            return queue, False
        return replace(
            queue,
            waiting=others,
            holders={**queue.holders, ticket.lane: ticket.run},
            caller=ticket.run if ticket.calls else queue.caller,
        ), True

    def before(self, ticket: Ticket) -> list[str]:
        """The runs that this one waits for; never empty while it waits."""
        lane = [run for lane, run in self.holders.items() if lane == ticket.lane]
        calling = [self.caller] if self.caller and ticket.calls else []
        waiting = [
            each.run
            for each in self.waiting[: self.waiting.index(ticket)]
            if each.calls or each.lane == ticket.lane
        ]
        return list(dict.fromkeys(lane + calling + waiting))

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

    def next(self) -> tuple[Ticket, ...]:
        """Those who may go when they ask now: the first of each free lane, and one only of those who will call."""
        lanes, calling, first = set(self.holders), self.caller is not None, []
        for each in self.waiting:
            if each.lane not in lanes and not (each.calls and calling):
                first.append(each)
                calling = calling or each.calls
            lanes.add(each.lane)
        return tuple(first)


def _is_silent(waiting: Ticket, now: Ticket) -> bool:
    return bool(waiting.asked and now.asked and now.asked - waiting.asked > SILENT)
