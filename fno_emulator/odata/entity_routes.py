"""Entity sets over HTTP: reads, counts and writes records."""

import asyncio

from aiohttp import web
from yarl import URL

from fno_emulator.control.observer import Observer
from fno_emulator.odata.call import Call
from fno_emulator.odata.record_calls import RecordCalls
from fno_emulator.odata.service import Service

_SET = r"/data/{collection:\w+}"
_RECORD = _SET + "({key:.*})"


class EntityRoutes:
    """The routes of requests for sets and records.

    Args:
        service: the F&O URL.
        calls: answers the requests.
        observer: logs calls and applies faults.
    """

    def __init__(self, service: Service, calls: RecordCalls, observer: Observer) -> None:
        self._service = service
        self._calls = calls
        self._observer = observer

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        for path, methods in (
            (_SET, ("GET", "POST")),
            (f"{_SET}/$count", ("GET",)),
            (_RECORD, ("GET", "PATCH", "PUT", "DELETE")),
        ):
            for method in methods:
                app.router.add_route(method, self._service.prefix + path, self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for a set or a record."""
        url = URL(request.path_qs.removeprefix(self._service.prefix), encoded=True)
        call = Call(request.method, url, request.headers.get("If-Match", "*"), await request.read())

        async def work() -> web.Response:
            return await asyncio.to_thread(self._calls.answer, call)

        return await self._observer.observe(request, call.operation, {}, work)
