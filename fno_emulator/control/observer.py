"""Every call goes through here: it is logged, and struck by the fault that waits for it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from fno_emulator.control.delivery import FAULT, cut, hurt
from fno_emulator.control.faults import Fault, FaultPlan
from fno_emulator.control.log import OperationLog

_GLANCE = 0.05
"""Seconds between looks whether a hanging caller has given up."""
Work = Callable[[], Awaitable[web.StreamResponse]]


def _plainly(call: Work) -> Awaitable[web.StreamResponse]:
    return call()


class Observer:
    """The log and the plan, applied to a call.

    Args:
        log: where calls are noted.
        plan: what goes wrong.
    """

    def __init__(self, log: OperationLog, plan: FaultPlan) -> None:
        self.log = log
        self.plan = plan

    async def observe(
        self,
        request: web.Request,
        operation: str,
        subject: dict[str, Any],
        work: Work,
        around: Callable[[Work], Awaitable[web.StreamResponse]] = _plainly,
    ) -> web.StreamResponse:
        """Do `work` as `operation`.

        Args:
            request: the call.
            operation: the name in log and plan.
            subject: what the call is about; what `work` adds to it is in the log's end entry.
            work: gives the true answer.
            around: holds something for the call's whole time, delays of faults included.
        """
        call = self.log.begin(operation, subject)
        fault = self.plan.take(operation)
        if fault and (fault.when == "during" or "expire_sas" in fault.do):
            request[FAULT] = fault.do

        async def struck() -> web.StreamResponse:
            if fault and fault.when == "before" and (early := await _strike(fault, request)):
                return early
            response = await work()
            if fault and fault.when == "during":
                return await hurt(request, response)
            late = await _strike(fault, request) if fault and fault.when == "after" else None
            return late or response

        status: int | None = None
        try:
            response = await around(struck)
            status = None if _dropped(request, fault) else response.status
            return response
        finally:
            self.log.end(call, operation, subject, status)


def _dropped(request: web.Request, fault: Fault | None) -> bool:
    """Whether the fault cut the connection (and not the caller, who may hang up after the answer)."""
    cuts = fault is not None and bool(fault.do.keys() & {"drop", "half_body", "hang"})
    return cuts and _gone(request)


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _strike(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    do = fault.do
    if do.get("delay"):
        await asyncio.sleep(float(do["delay"]))
    while do.get("hang") and not _gone(request):  # noqa: ASYNC110 - a transport has no event for its end
        await asyncio.sleep(_GLANCE)
    if do.get("drop"):
        cut(request)
    if do.get("drop") or do.get("hang"):
        return web.Response(status=500)
    if "status" not in do:
        return None
    body = do.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    return web.Response(status=int(do["status"]), headers=do.get("headers"), text=text)
