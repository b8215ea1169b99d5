"""Every call goes through here: it is logged, and struck by the fault that waits for it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from emulator.control.faults import Fault, FaultPlan
from emulator.control.log import OperationLog

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

        async def struck() -> web.StreamResponse:
            if fault and fault.when == "before" and (early := await _strike(fault, request)):
                return early
            response = await work()
            late = await _strike(fault, request) if fault and fault.when == "after" else None
            return late or response

        status: int | None = None
        try:
            response = await around(struck)
            dropped = request.transport is None or request.transport.is_closing()
            status = None if fault and fault.do.get("drop") and dropped else response.status
            return response
        finally:
            self.log.end(call, operation, subject, status)


async def _strike(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    do = fault.do
    if do.get("delay"):
        await asyncio.sleep(float(do["delay"]))
    if do.get("drop"):
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if "status" not in do:
        return None
    body = do.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    return web.Response(status=int(do["status"]), headers=do.get("headers"), text=text)
