"""The one source of time: everything in the host that asks for now, or waits for it, asks a clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime


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
