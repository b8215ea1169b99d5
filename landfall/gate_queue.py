"""Whose turn it is to go to F&O: the queue that the gate keeps, as pure data.

F&O fails when two ImportFromPackage calls overlap, and when two executions of one data project do (fno-behaviour
5.9). So each lane (a data project of an environment) has one holder, and one run at a time makes its call, in the order of landing.
Where order matters more than progress, a failure holds the lane until a person lets it go on.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from landfall.ids import run_id_of

GATE = ("gate", "default")
"""Name and key of the entity that keeps the queue, of all environments."""
SILENT = timedelta(minutes=10)
"""A waiting run asks at least every minute; one that is silent for longer has been terminated."""


@dataclass(frozen=True)
class Ticket:
    """A place in the queue: `run` is the orchestration's id, `since` what the order goes by (see `place_in_line`).

    `calls` says whether the run will make the call of which only `degree` may be made at once in an `environment`. `waiter` is the
    orchestration that waits for `event` after having asked. `strict` lets every file pass that landed before,
    `holds` keeps the lane from going on after a failure.
    """

    run: str
    lane: str
    since: str
    calls: bool
    asked: datetime | None = None
    event: str = ""
    waiter: str = ""
    degree: int = 1
    environment: str = ""
    strict: bool = False
    holds: bool = False


@dataclass(frozen=True)
class Hold:
    """Why a lane stands still: the run that failed (empty when a person held it), and the reason in words."""

    lane: str
    reason: str
    run: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Queue:
    """Who waits, who holds each lane, which lanes are held, whom a person has passed over.

    `callers` are the runs that are calling, with their environments.
    """

    waiting: tuple[Ticket, ...] = ()
    holders: dict[str, str] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()

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
            callers={**queue.callers, ticket.run: ticket.environment} if ticket.calls else queue.callers,
        ), True

    def before(self, ticket: Ticket) -> list[str]:
        """The runs that this one waits for now, few however long the line is; itself where only a hold is in its way.

        Who has the lane or the call, else who stands first before it. Never empty while it waits.
        """
        lane = [run for lane, run in self.holders.items() if lane == ticket.lane]
        calling = self._calling(ticket.environment) if ticket.calls else ()
        earlier = self.waiting[: self.waiting.index(ticket)]
        standing = (
            each.run
            for each in earlier
            if each.lane == ticket.lane or (each.calls and each.environment == ticket.environment)
        )
        return list(dict.fromkeys((*lane, *calling))) or [next(standing, ticket.run)]

    def _calling(self, environment: str) -> list[str]:
        return [run for run, where in self.callers.items() if where == environment]

    def called(self, run: str) -> "Queue":
        """The run's call is over; another may make its own."""
        return replace(self, callers={each: where for each, where in self.callers.items() if each != run})

    def leave(self, run: str) -> "Queue":
        """The run is over, or waits no longer."""
        return replace(
            self.called(run),
            waiting=tuple(each for each in self.waiting if each.run != run),
            holders={lane: holder for lane, holder in self.holders.items() if holder != run},
            skipped=tuple(each for each in self.skipped if each != run),
        )

    def succeed(self, run: str) -> "Queue":
        """The run is over and well: a lane that was held for an earlier attempt of it goes on."""
        return self.forgive(run).leave(run)

    def forgive(self, run: str) -> "Queue":
        """A lane that is held for an attempt of the run goes on."""
        holds = {lane: hold for lane, hold in self.holds.items() if not _is_attempt(run, hold)}
        return replace(self, holds=holds)

    def hold(self, hold: Hold) -> "Queue":
        """Keep a lane from going on. Only further attempts of the run that failed may pass."""
        return replace(self, holds={**self.holds, hold.lane: hold})

    def fail(self, failure: Hold) -> "Queue":
        """The run is over, and its lane held for it; not where a person did not want it sent."""
        queue = self if failure.run in self.skipped else self.hold(failure)
        return queue.leave(failure.run)

    def release(self, lane: str) -> "Queue":
        """Let a lane go on, in order of landing."""
        return replace(self, holds={each: hold for each, hold in self.holds.items() if each != lane})

    def skip(self, lane: str) -> "Queue":
        """Pass over what a lane stands before: the run it is held for, else the first that waits.

        A waiting run that is passed over ends without having been sent to F&O.
        """
        hold = self.holds.get(lane)
        if hold and hold.run:
            return self.release(lane)
        first = next((each.run for each in self.waiting if each.lane == lane), None)
        return replace(self, skipped=(*self.skipped, first)) if first else self

    def pass_over(self, run: str) -> "Queue":
        """The run is not to be sent to F&O, wherever it is on its way there."""
        return self if run in self.skipped else replace(self, skipped=(*self.skipped, run))

    def next(self) -> tuple[Ticket, ...]:
        """Those who may go when they ask now: the first of each free lane, and of those who will call so many."""
        lanes, calling, first = set(self.holders), Counter(self.callers.values()), []
        for each in self.waiting:
            hold = self.holds.get(each.lane)
            if hold and not _is_attempt(each.run, hold):
                continue
            if each.lane not in lanes and not (each.calls and calling[each.environment] >= each.degree):
                first.append(each)
                calling[each.environment] += each.calls
            lanes.add(each.lane)
        return tuple(first)

    def wake(self) -> tuple["Queue", dict[str, str]]:
        """Orchestrations that wait without reason now, and the event each of them waits for: each is named once.

        One that does not hear it asks again by itself; naming it at every change would have it hear nothing else.
        """
        passed_over = (each for each in self.waiting if each.run in self.skipped)
        events = {each.waiter: each.event for each in (*self.next(), *passed_over) if each.event}
        waiting = tuple(replace(each, event="") if each.waiter in events else each for each in self.waiting)
        return replace(self, waiting=waiting), events


def place_in_line(landed: datetime, name: str) -> str:
    """What the order goes by: storage notes landing to the second, so files of one second go by their names."""
    return f"{landed.isoformat()} {name}"


def _is_attempt(run: str, hold: Hold) -> bool:
    return bool(hold.run) and run_id_of(run) == run_id_of(hold.run)


def _is_silent(waiting: Ticket, now: Ticket) -> bool:
    return bool(waiting.asked and now.asked and now.asked - waiting.asked > SILENT)
