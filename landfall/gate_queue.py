"""The queue of runs that want to call F&O, as pure data. The gate, a durable entity, stores it.

F&O fails when two ImportFromPackage calls overlap, or two executions of one data project (fno-behaviour 5.9). So each
lane (a data project of an environment) has one holder, and runs call one at a time, in the order of landing. Where
order matters more than progress, a failure holds the lane until a person releases it.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from landfall.ids import run_id_of
from landfall.records import Closure

GATE = ("gate", "default")
"""Name and key of the entity that stores the queue of all environments."""
LATE = timedelta(minutes=10)
"""How long after it was asked for a hold or release may reach the gate. They travel separately: one may overtake."""


@dataclass(frozen=True)
class Ticket:
    """A run's place in the queue.

    `run` is the id of the run's orchestration; `since` is its sort key (see `place_in_line`). `calls` says whether the
    run will call ImportFromPackage, of which `degree` calls may overlap in an `environment`. `waiter` is the
    orchestration that waits for `event` after it asked. With `strict` the run lets earlier files pass that are on
    their way to the queue, and `gives_way` while it does so; with `holds` its failure holds the lane. `name` is that of
    its route or export. With `follows` it lets files of other routes go first, until its lane was held for that and
    `released`.
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
    gives_way: bool = False
    holds: bool = False
    name: str = ""
    follows: bool = False
    released: bool = False


@dataclass(frozen=True)
class Hold:
    """A lane that is held, and why; `run` is the orchestration that failed, or empty when a person held the lane."""

    lane: str
    reason: str
    run: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Release:
    """A person's wish `at` a moment that a held lane goes on."""

    lane: str
    at: datetime


@dataclass(frozen=True)
class Queue:
    """The state of the gate.

    `waiting` is sorted by `since`. `holders` has the run in each lane, `callers` the environment of each run that is
    calling, `holds` the lanes that are held, and `skipped` the runs that a person has passed over. `steered` says when
    the latest hold or release of each lane was asked for. `closures` has the environments that are closed, by name.
    """

    waiting: tuple[Ticket, ...] = ()
    holders: dict[str, str] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    steered: dict[str, datetime] = field(default_factory=dict)
    closures: dict[str, Closure] = field(default_factory=dict)

    def enter(self, ticket: Ticket) -> tuple["Queue", bool]:
        """Ask for the lane; True when the run holds it now. A run that asks again keeps its place."""
        if self.holders.get(ticket.lane) == ticket.run:
            return self, True
        queue = self.line_up(ticket)
        if ticket not in queue.ready():
            return queue, False
        return replace(
            queue,
            waiting=tuple(each for each in queue.waiting if each != ticket),
            holders={**queue.holders, ticket.lane: ticket.run},
            callers={**queue.callers, ticket.run: ticket.environment} if ticket.calls else queue.callers,
        ), True

    def step_back(self, ticket: Ticket) -> "Queue":
        """Free the run's lane and call. It keeps its place in the queue and lets earlier files pass."""
        holders = {lane: holder for lane, holder in self.holders.items() if holder != ticket.run}
        return replace(self.end_call(ticket.run), holders=holders).line_up(replace(ticket, gives_way=True))

    def line_up(self, ticket: Ticket) -> "Queue":
        """Put the run in its place among those that wait."""
        others = (each for each in self.waiting if each.run != ticket.run)
        return replace(self, waiting=tuple(sorted((*others, ticket), key=lambda each: (each.since, each.run))))

    def blockers(self, ticket: Ticket) -> list[str]:
        """The runs that a waiting run waits for: the holder of its lane, and the first run before it or the callers.

        So only the first of those that want to call looks at the callers. Never empty: when only a hold is in its way,
        it is the run itself.
        """
        lane = [run for lane, run in self.holders.items() if lane == ticket.lane]
        earlier = self.waiting[: self.waiting.index(ticket)]
        ahead = [
            each.run
            for each in earlier
            if each.lane == ticket.lane or (each.calls and each.environment == ticket.environment)
        ]
        calling = self._calling(ticket.environment) if ticket.calls and not ahead else ()
        return list(dict.fromkeys((*lane, *ahead[:1], *calling))) or [ticket.run]

    def _calling(self, environment: str) -> list[str]:
        return [run for run, where in self.callers.items() if where == environment]

    def end_call(self, run: str) -> "Queue":
        """Note that the run's call is over, so that another run may call."""
        return replace(self, callers={each: where for each, where in self.callers.items() if each != run})

    def leave(self, run: str) -> "Queue":
        """Remove the run: it has ended, or waits no longer."""
        return replace(
            self.end_call(run),
            waiting=tuple(each for each in self.waiting if each.run != run),
            holders={lane: holder for lane, holder in self.holders.items() if holder != run},
            skipped=tuple(each for each in self.skipped if each != run),
        )

    def succeed(self, run: str) -> "Queue":
        """Remove a run that ended well, and release a lane that is held for an earlier attempt of it."""
        return self.forgive(run).leave(run)

    def forgive(self, run: str) -> "Queue":
        """Release the lane that is held for an attempt of the run."""
        holds = {lane: hold for lane, hold in self.holds.items() if not _is_attempt(run, hold)}
        return replace(self, holds=holds)

    def hold(self, hold: Hold) -> "Queue":
        """Hold a lane. Only further attempts of the run that failed may pass.

        A person's hold that a later release has overtaken on its way is over already.
        """
        queue = self if hold.run or hold.since is None else self._steer(hold.lane, hold.since)
        return replace(queue, holds={**queue.holds, hold.lane: hold}) if queue else self

    def fail(self, failure: Hold) -> "Queue":
        """Remove a run that failed, and hold its lane, unless a person had passed the run over."""
        queue = self if failure.run in self.skipped else self.hold(failure)
        return queue.leave(failure.run)

    def release(self, lane: str) -> "Queue":
        """Let a held lane go on, in the order of landing."""
        return replace(self, holds={each: hold for each, hold in self.holds.items() if each != lane})

    def grant(self, release: Release) -> "Queue":
        """Release a lane as a person has asked, unless a person held it after that."""
        queue = self._steer(release.lane, release.at)
        return queue.release(release.lane) if queue else self

    def _steer(self, lane: str, at: datetime) -> "Queue | None":
        """The queue that knows of a wish about a lane; None when a later one has overtaken it."""
        if at < self.steered.get(lane, at):
            return None
        recent = {each: then for each, then in self.steered.items() if at - then < LATE}
        return replace(self, steered={**recent, lane: at})

    def close(self, closure: Closure) -> "Queue":
        """Let no run go to an environment, but for those that are excepted, until it is opened."""
        return replace(self, closures={**self.closures, closure.environment: closure})

    def open(self, environment: str) -> "Queue":
        """Let runs go to an environment again, in the order of landing."""
        return replace(self, closures={name: each for name, each in self.closures.items() if name != environment})

    def skip(self, lane: str) -> "Queue":
        """Pass over the run that a lane is held for, else its first waiting run, which then ends without being sent."""
        hold = self.holds.get(lane)
        if hold and hold.run:
            return self.release(lane)
        first = self.next_waiting(lane)
        return replace(self, skipped=(*self.skipped, first)) if first else self

    def next_waiting(self, lane: str) -> str | None:
        """The first run that waits for a lane and was not passed over; None if there is none."""
        waiting = (each.run for each in self.waiting if each.lane == lane and each.run not in self.skipped)
        return next(waiting, None)

    def pass_over(self, run: str) -> "Queue":
        """Mark a run as not to be sent to F&O, wherever it is on its way."""
        return self if run in self.skipped else replace(self, skipped=(*self.skipped, run))

    def ready(self) -> tuple[Ticket, ...]:
        """The runs that get their lane if they ask now: the first of each free lane, within the limit on calls."""
        lanes, calling, first = set(self.holders), Counter(self.callers.values()), []
        for each in self.waiting:
            hold, closure = self.holds.get(each.lane), self.closures.get(each.environment)
            if hold and not _is_attempt(each.run, hold):
                continue
            if closure and each.name not in closure.excepted:
                lanes.add(each.lane)
                continue
            if (
                each.lane not in lanes
                and not each.gives_way
                and not (each.calls and calling[each.environment] >= each.degree)
            ):
                first.append(each)
                calling[each.environment] += each.calls
            lanes.add(each.lane)
        return tuple(first)

    def wake(self) -> tuple["Queue", dict[str, str]]:
        """The orchestrations that need not wait any longer, each with the event that it waits for.

        Each is named once: one that misses its event asks again by itself.
        """
        skipped = (each for each in self.waiting if each.run in self.skipped)
        events = {each.waiter: each.event for each in (*self.ready(), *skipped) if each.event}
        waiting = tuple(replace(each, event="") if each.waiter in events else each for each in self.waiting)
        return replace(self, waiting=waiting), events


def place_in_line(landed: datetime, name: str) -> str:
    """The sort key of a run. Storage knows landing times to the second, so files of one second are ordered by name."""
    return f"{landed.isoformat()} {name}"


def _is_attempt(run: str, hold: Hold) -> bool:
    return bool(hold.run) and run_id_of(run) == run_id_of(hold.run)
