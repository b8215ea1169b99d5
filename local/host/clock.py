"""The one source of time: everything in the host that asks for now, or waits for it, asks a clock."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Protocol


class WaitingClock(Protocol):
    """A clock that can be waited on."""

    def now(self) -> datetime:
        """Now, in UTC."""

    async def sleep_until(self, moment: datetime) -> None:
        """Return when it is `moment`."""

    async def wait(self, changed: asyncio.Event, due: float | None, at_most: float) -> None:
        """Return when `changed` is set, it is `due` (seconds since 1970), or after `at_most` seconds of the world's time."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Return when it is `moment`, not earlier."""
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - no event says that time passed
            # In short parts: the machine may be suspended meanwhile, and its clock set.
            await asyncio.sleep(min(left, 60))

    async def wait(self, changed: asyncio.Event, due: float | None, at_most: float) -> None:
        """Return when `changed` is set, it is `due`, or after `at_most` seconds."""
        left = at_most if due is None else max(0.0, due - self.now().timestamp())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), min(left, at_most))


class ManualClock:
    """Stands still until it is moved; what waits for a moment goes on when the clock is moved past it."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._moved = asyncio.Condition()

    def now(self) -> datetime:
        """Where it stands."""
        return self._now

    async def move(self, seconds: float) -> None:
        """Move it on, by at least 0."""
        self._now += timedelta(seconds=seconds)
        async with self._moved:
            self._moved.notify_all()

    async def sleep_until(self, moment: datetime) -> None:
        """Return when it was moved to `moment` or past it."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= moment)

    async def wait(self, changed: asyncio.Event, due: float | None, at_most: float) -> None:
        """Return when `changed` is set or after `at_most` seconds of the world's time; who moves the clock sets `changed`."""
        del due
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), at_most)


def iso(moment: datetime) -> str:
    """Seven fractional digits and Z, as .NET writes a UTC time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def parse_utc(text: str) -> datetime:
    """Read an ISO time; one without a zone is UTC.

    Raises:
        ValueError: when it is no ISO time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
