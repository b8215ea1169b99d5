"""Timer triggers: one run per occurrence without overlap, and one for all those missed while the host was down."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from azure.functions.meta import Datum

from local.host.app.function import Function
from local.host.app.invoker import Invoke
from local.host.clock import WaitingClock, iso, parse_utc
from local.host.settings import resolve
from local.host.state.database import Database
from local.host.state.members import BEAT_SECONDS, LostError, Members
from local.host.triggers.schedules import Schedule, is_sub_minute, parse_schedule

log = logging.getLogger("Host.Triggers.Timer")


# As .NET writes the last run of a timer that never ran.
NEVER = "0001-01-01T00:00:00"


@dataclass(frozen=True)
class Monitored:
    """The stored status of a timer: its last run, its next due time, and its schedule then."""

    last: str
    next: str
    updated: str
    schedule: str


class ScheduleMonitor:
    """Stores the status of timers across restarts."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._db.create(
            "CREATE TABLE IF NOT EXISTS timers"
            " (function TEXT PRIMARY KEY, last TEXT NOT NULL, next TEXT NOT NULL, updated TEXT NOT NULL,"
            " schedule TEXT NOT NULL)"
        )

    def get(self, function: str) -> Monitored | None:
        """Return the status of a function's timer; None if it never ran."""
        row = self._db.execute(
            "SELECT last, next, updated, schedule FROM timers WHERE function = ?", (function,)
        ).fetchone()
        return Monitored(*row) if row else None

    def put(self, function: str, status: Monitored) -> None:
        """Store the status of a function's timer."""
        self._db.execute(
            "INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?)",
            (function, status.last, status.next, status.updated, status.schedule),
        )


def timer_datum(*, past_due: bool, status: Mapping[str, str] | None) -> Datum:
    """Return the data of a timer trigger."""
    data = {"IsPastDue": past_due, "Schedule": {"AdjustForDST": True}, "ScheduleStatus": status}
    return Datum(json.dumps(data), "json")


class Timer:
    """The timer of one function."""

    def __init__(
        self, function: Function, monitor: ScheduleMonitor, members: Members, clock: WaitingClock, invoke: Invoke
    ) -> None:
        where = f"Function '{function.name}'"
        self._function = function
        self._monitor = monitor
        self._members = members
        self._claim = f"/timer/{function.name}"
        self._clock = clock
        self._invoke = invoke
        self._text = resolve(str(function.trigger["schedule"]), where)
        self._next: Schedule = parse_schedule(self._text, ZoneInfo(os.environ.get("WEBSITE_TIME_ZONE", "UTC")), where)
        use = function.trigger.get("useMonitor")
        self._monitored = use is not False and not is_sub_minute(self._text, self._next, clock.now())

    async def run(self) -> None:
        """Run until cancelled; only one of several hosts runs the timer."""
        while True:
            if self._members.claim(self._claim):
                try:
                    await self._run(self._members.id)
                except LostError:
                    log.warning("Another host has taken over the timer of '%s'.", self._function.name)
            await asyncio.sleep(BEAT_SECONDS)

    async def _run(self, owner: str) -> None:
        now = self._clock.now()
        stored = self._monitor.get(self._function.name) if self._monitored else None
        due = self._next(now)
        if stored is not None and stored.schedule == self._text and parse_utc(stored.next) < now:
            due = await self._fire(owner, parse_utc(stored.next), past_due=True)
        elif self._function.trigger.get("runOnStartup") is True:
            due = await self._fire(owner, now, past_due=False)
        elif self._monitored and (stored is None or stored.schedule != self._text):
            # Store the first due time, so that a host that is down then runs it past due later.
            self._store(stored.last if stored else NEVER, due)
        while True:
            await self._clock.sleep_until(due)
            due = await self._fire(owner, due, past_due=False)

    async def _fire(self, owner: str, due: datetime, *, past_due: bool) -> datetime:
        """Run the function once, and return its next occurrence after both `due` and now."""
        if not self._members.holds(self._claim, owner):
            raise LostError(self._claim)
        stored = self._monitor.get(self._function.name) if self._monitored else None
        status = {"Last": stored.last, "Next": stored.next, "LastUpdated": stored.updated} if stored else None
        reason = f"Timer fired at {iso(self._clock.now())}"
        metadata: Mapping[str, Datum] = {}
        try:
            await self._invoke(self._function, timer_datum(past_due=past_due, status=status), metadata, reason)
        except Exception:  # noqa: BLE001 - the worker logs it with its traceback
            log.warning("The timer of '%s' continues after a failed run.", self._function.name)
        following = self._next(max(self._clock.now(), due))
        if self._monitored:
            self._store(iso(due), following)
        return following

    def _store(self, last: str, due: datetime) -> None:
        self._monitor.put(self._function.name, Monitored(last, iso(due), iso(self._clock.now()), self._text))
