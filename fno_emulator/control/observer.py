"""Logs every call and applies the fault that is planned for it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from fno_emulator.control.delivery import FAULT, cut, damage
from fno_emulator.control.faults import Fault, FaultPlan
from fno_emulator.control.log import OperationLog

_POLL_SECONDS = 0.05
"""How often a hanging call checks whether the caller has given up."""
Work = Callable[[], Awaitable[web.StreamResponse]]


def _call(call: Work) -> Awaitable[web.StreamResponse]:
    return call()


class Observer:
    """Applies the operation log and the fault plan to calls.

    Args:
        log: the operation log.
        plan: the fault plan.
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
        around: Callable[[Work], Awaitable[web.StreamResponse]] = _call,
    ) -> web.StreamResponse:
        """Do the work of a call, with its log entries and its fault; returns the response.

        Args:
            request: the call.
            operation: the operation's name in the log and in the plan.
            subject: the entries' further keys; the end entry includes what `work` adds.
            work: does the work and returns the response.
            around: wraps the work and the fault's delays, to hold a lock for example.
        """
        call = self.log.begin(operation, subject)
        fault = self.plan.take(operation)
        if fault and (fault.when == "during" or "expire_sas" in fault.do):
            request[FAULT] = fault.do

        async def work_with_fault() -> web.StreamResponse:
            if fault and fault.when == "before" and (early := await _strike(fault, request)):
                return early
            response = await work()
            if fault and fault.when == "during":
                return await damage(request, response)
            late = await _strike(fault, request) if fault and fault.when == "after" else None
            return late or response

        status: int | None = None
        try:
            response = await around(work_with_fault)
            status = None if _was_cut(request, fault) else response.status
            return response
        finally:
            self.log.end(call, operation, subject, status)


def _was_cut(request: web.Request, fault: Fault | None) -> bool:
    """Whether the fault closed the connection. The caller may close it too, after the response."""
    cuts = fault is not None and bool(fault.do.keys() & {"drop", "half_body", "hang"})
    return cuts and _is_closed(request)


def _is_closed(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _strike(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    do = fault.do
    if do.get("delay"):
        await asyncio.sleep(float(do["delay"]))
    while do.get("hang") and not _is_closed(request):  # noqa: ASYNC110 - a transport has no event for its end
        await asyncio.sleep(_POLL_SECONDS)
    if do.get("drop"):
        cut(request)
    if do.get("drop") or do.get("hang"):
        return web.Response(status=500)
    if "status" not in do:
        return None
    body = do.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    return web.Response(status=int(do["status"]), headers=do.get("headers"), text=text)
