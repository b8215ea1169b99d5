"""Timer triggers: run at each occurrence, never twice at once, and once for all that were missed while the host was down."""

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

from local.host.app.index import Function
from local.host.app.invoker import Invoke
from local.host.clock import WaitingClock, iso, parse_utc
from local.host.settings import resolve
from local.host.state.database import Database
from local.host.state.members import BEAT_SECONDS, LostError, Members
from local.host.triggers.schedules import Schedule, is_sub_minute, parse_schedule

log = logging.getLogger("Host.Triggers.Timer")


# What .NET shows for a timer that never ran.
NEVER = "0001-01-01T00:00:00"


@dataclass(frozen=True)
class Monitored:
    """What is kept of a timer: its last run, the run that was due next, and the schedule they belong to."""

    last: str
    next: str
    updated: str
    schedule: str


class ScheduleMonitor:
    """Remembers timers over restarts."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._db.create(
            "CREATE TABLE IF NOT EXISTS timers"
            " (function TEXT PRIMARY KEY, last TEXT NOT NULL, next TEXT NOT NULL, updated TEXT NOT NULL,"
            " schedule TEXT NOT NULL)"
        )

    def get(self, function: str) -> Monitored | None:
        """Find what is known of a function's timer."""
        row = self._db.execute(
            "SELECT last, next, updated, schedule FROM timers WHERE function = ?", (function,)
        ).fetchone()
        return Monitored(*row) if row else None

    def put(self, function: str, status: Monitored) -> None:
        """Write it."""
        self._db.execute(
            "INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?)",
            (function, status.last, status.next, status.updated, status.schedule),
        )


class Timer:
    """One function's timer."""

    def __init__(
        self,
        function: Function,
        monitor: ScheduleMonitor,
        members: Members,
        clock: WaitingClock,
        invoke: Invoke,
    ) -> None:
        where = f"Function '{function.name}'"
        self._function = function
        self._monitor = monitor
        self._members = members
        self._claim = f"/timer/{function.name}"
        self._clock = clock
        self._invoke = invoke
        self._text = resolve(str(function.trigger["schedule"]), where)
        self._next: Schedule = parse_schedule(
            self._text, ZoneInfo(os.environ.get("WEBSITE_TIME_ZONE", "UTC")), where
        )
        use = function.trigger.get("useMonitor")
        self._monitored = use is not False and not is_sub_minute(self._next, clock.now())

    async def run(self) -> None:
        """Go on until cancelled; of several hosts one runs the timer."""
        while True:
            if self._members.claim(self._claim):
                try:
                    await self._run(self._members.id)
                except LostError:
                    log.warning("The timer of '%s' is in another host's hands now.", self._function.name)
            await asyncio.sleep(BEAT_SECONDS)

    async def _run(self, owner: str) -> None:
        now = self._clock.now()
        known = self._monitor.get(self._function.name) if self._monitored else None
        due = self._next(now)
        if known is not None and known.schedule == self._text and parse_utc(known.next) < now:
            due = await self._fire(owner, parse_utc(known.next), past_due=True)
        elif self._function.trigger.get("runOnStartup") is True:
            due = await self._fire(owner, now, past_due=False)
        elif self._monitored and (known is None or known.schedule != self._text):
            # From now on the first run is remembered, so that it is past due should the host be down then.
            self._remember(known.last if known else NEVER, due)
        while True:
            await self._clock.sleep_until(due)
            due = await self._fire(owner, due, past_due=False)

    async def _fire(self, owner: str, due: datetime, *, past_due: bool) -> datetime:
        """Run the function once and say when it runs next: after this occurrence and after now, never in between."""
        if not self._members.holds(self._claim, owner):
            raise LostError(self._claim)
        known = self._monitor.get(self._function.name) if self._monitored else None
        status = {"Last": known.last, "Next": known.next, "LastUpdated": known.updated} if known else None
        data = {"IsPastDue": past_due, "Schedule": {"AdjustForDST": True}, "ScheduleStatus": status}
        reason = f"Timer fired at {iso(self._clock.now())}"
        metadata: Mapping[str, Datum] = {}
        try:
            await self._invoke(self._function, Datum(json.dumps(data), "json"), metadata, reason)
        except Exception:  # noqa: BLE001 - logged with its trace where it was run; the schedule goes on
            log.warning("The timer of '%s' goes on after a failed run.", self._function.name)
        following = self._next(max(self._clock.now(), due))
        if self._monitored:
            self._remember(iso(due), following)
        return following

    def _remember(self, last: str, due: datetime) -> None:
        self._monitor.put(self._function.name, Monitored(last, iso(due), iso(self._clock.now()), self._text))
