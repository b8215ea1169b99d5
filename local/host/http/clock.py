"""The clock's endpoint: read the time, and move a manual clock together with the clock of an F&O emulator."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
from aiohttp import web

from local.host.clock import ManualClock, SystemClock, iso

ROUTE = "/admin/host/clock"
MOST_SECONDS = 100 * 366 * 86400  # a century; later dates overflow


class ClockEndpoint:
    """The handlers of the clock's endpoint.

    Args:
        clock: The host's clock.
        emulator: The URL of an F&O emulator whose clock moves by the same seconds.
        moved: Called after a move.
    """

    def __init__(self, clock: SystemClock | ManualClock, emulator: str | None, moved: Callable[[], None]) -> None:
        self._clock = clock
        self._emulator = emulator
        self._moved = moved

    def routes(self) -> list[web.RouteDef]:
        """Return all routes."""
        return [web.get(ROUTE, self._time), web.post(ROUTE, self._move)]

    async def _time(self, _request: web.Request) -> web.Response:
        manual = isinstance(self._clock, ManualClock)
        return web.json_response({"now": iso(self._clock.now()), "manual": manual})

    async def _move(self, request: web.Request) -> web.Response:
        if not isinstance(self._clock, ManualClock):
            return _refuse(409, "The host runs on the system clock. Start it with --clock manual to move its clock.")
        try:
            seconds = float((await request.json())["seconds"])
        except (KeyError, TypeError, ValueError) as error:
            return _refuse(400, f'Send {{"seconds": number}}: {error!r}')
        if not 0 <= seconds <= MOST_SECONDS:
            return _refuse(400, f"The clock only moves forward. Send seconds from 0 to {MOST_SECONDS}.")
        if self._emulator:
            # F&O's clock first: a timer of the host must find the state of F&O at the new time.
            try:
                await _advance(self._emulator, seconds)
            except (aiohttp.ClientError, TimeoutError) as error:
                return _refuse(
                    502, f"The emulator's clock did not move, so the host's clock did not move either: {error!r}"
                )
        await self._clock.move(seconds)
        self._moved()
        return await self._time(request)


async def _advance(emulator: str, seconds: float) -> None:
    limit = aiohttp.ClientTimeout(total=30)
    url = f"{emulator.rstrip('/')}/_emulator/clock"
    async with aiohttp.ClientSession(timeout=limit, raise_for_status=True) as session:
        await session.post(url, json={"advance": seconds})


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"Message": message}, status=status)
