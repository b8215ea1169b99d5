"""The only source of time: everything in the host that reads or waits for the time uses a clock."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """Return the current time in UTC."""


class WaitingClock(Clock, Protocol):
    """A clock that can be waited on."""

    async def sleep_until(self, moment: datetime) -> None:
        """Return when it is `moment`."""

    async def wait(self, changed: asyncio.Event, due: float | None, at_most: float) -> None:
        """Return when `changed` is set, at `due` (seconds since 1970), or after `at_most` seconds of real time."""


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Return when it is `moment`, not earlier."""
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - no event tells that time passed
            # In short parts, because the machine may be suspended or its clock set in the meantime.
            await asyncio.sleep(min(left, 60))

    async def wait(self, changed: asyncio.Event, due: float | None, at_most: float) -> None:
        """Return when `changed` is set, at `due`, or after `at_most` seconds."""
        left = at_most if due is None else max(0.0, due - self.now().timestamp())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), min(left, at_most))


class ManualClock:
    """Stands still until it is moved; a wait for a moment ends when the clock is moved to it or past it."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._moved = asyncio.Condition()

    def now(self) -> datetime:
        """Return the time that the clock shows."""
        return self._now

    async def move(self, seconds: float) -> None:
        """Move the clock forward by `seconds`, which is at least 0."""
        self._now += timedelta(seconds=seconds)
        async with self._moved:
            self._moved.notify_all()

    async def sleep_until(self, moment: datetime) -> None:
        """Return when the clock was moved to `moment` or past it."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= moment)

    async def wait(self, changed: asyncio.Event, due: float | None, at_most: float) -> None:
        """Return when `changed` is set, as every move of the clock does, or after `at_most` seconds of real time."""
        del due
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), at_most)


def iso(moment: datetime) -> str:
    """Return a time as .NET writes it in UTC: with seven fractional digits and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def parse_utc(text: str) -> datetime:
    """Return an ISO time in UTC; a time without a zone counts as UTC.

    Raises:
        ValueError: the text is not an ISO time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
