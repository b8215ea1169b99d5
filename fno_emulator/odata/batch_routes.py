"""`$batch`: many requests in one, changesets as a whole or not at all (fno-behaviour 1.14)."""

import asyncio
from email import message_from_bytes
from email.message import Message
from http.client import HTTPException, parse_headers
from io import BytesIO
from uuid import uuid4

from aiohttp import MultipartWriter, web
from yarl import URL

from fno_emulator.control.observer import Observer
from fno_emulator.dmf.database import Database
from fno_emulator.odata import envelope
from fno_emulator.odata.call import Call
from fno_emulator.odata.record_calls import RecordCalls
from fno_emulator.odata.service import Service

MOST = 5000
"""Operations in one batch."""
_HTTP = {"Content-Type": "application/http", "Content-Transfer-Encoding": "binary"}


class _Undone(Exception):  # noqa: N818 - it carries the answer that undid the changeset
    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer


class BatchRoutes:
    """The batch endpoint.

    Args:
        service: the F&O URL.
        calls: answers the single requests.
        database: holds a changeset together.
        observer: logs the batch, and lets faults strike it.
    """

    def __init__(self, service: Service, calls: RecordCalls, database: Database, observer: Observer) -> None:
        self._service = service
        self._calls = calls
        self._database = database
        self._observer = observer

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_post(f"{self._service.prefix}/data/$batch", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A batch; 400 where it cannot be read as one."""
        if refused := self._service.refused(request):
            return refused
        try:
            asked = self._asked(request.headers.get("Content-Type", ""), await request.read())
        except (ValueError, HTTPException) as error:
            return envelope.error(str(error), "Microsoft.OData.ODataException")
        goes_on = "odata.continue-on-error" in request.headers.get("Prefer", "")

        async def work() -> web.Response:
            writer = await asyncio.to_thread(self._answers, asked, goes_on=goes_on)
            return web.Response(body=writer, headers=envelope.headers())

        return await self._observer.observe(request, "Batch", {}, work)

    def _asked(self, kind: str, body: bytes) -> list[Call | list[Call]]:
        """Single reads and, as lists, changesets."""
        batch = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        if not batch.is_multipart():
            raise ValueError(
                f"A batch is multipart/mixed with a boundary that its parts have; this is {kind!r}."
            )
        asked: list[Call | list[Call]] = [
            [self._call(one) for one in _parts(part)] if part.is_multipart() else self._call(part)
            for part in _parts(batch)
        ]
        if sum(len(one) if isinstance(one, list) else 1 for one in asked) > MOST:
            raise ValueError(f"A batch holds at most {MOST} operations.")
        return asked

    def _call(self, part: Message) -> Call:
        """A part's request; its address may be whole, absolute, or relative to `/data/`."""
        content = BytesIO(_body(part))
        method, _, target = content.readline().decode().strip().partition(" ")
        headers = parse_headers(content)
        url = URL(target.rpartition(" HTTP/")[0])
        below = str(url.relative() if url.absolute else url).removeprefix(self._service.prefix)
        whole = URL(below if below.startswith("/") else f"/data/{below}", encoded=True)
        return Call(method, whole, headers.get("If-Match", "*"), content.read().strip())

    def _answers(self, asked: list[Call | list[Call]], *, goes_on: bool) -> MultipartWriter:
        """In the order of the requests, up to the first refused one unless the caller wants all."""
        writer = MultipartWriter("mixed", f"batchresponse_{uuid4()}")
        for one in asked:
            refused = self._changeset(one, writer) if isinstance(one, list) else self._single(one, writer)
            if refused and not goes_on:
                break
        return writer

    def _single(self, call: Call, writer: MultipartWriter) -> bool:
        answer = self._calls.answer(call)
        writer.append(_written(answer), _HTTP)
        return _refuses(answer)

    def _changeset(self, calls: list[Call], writer: MultipartWriter) -> bool:
        """One refused request undoes the others, and its answer is the only one."""
        answers = MultipartWriter("mixed", f"changesetresponse_{uuid4()}")
        try:
            with self._database.transaction():
                for call in calls:
                    answers.append(_written(self._taken(call)), _HTTP)
        except _Undone as undone:
            writer.append(_written(undone.answer), _HTTP)
            return True
        writer.append(answers)
        return False

    def _taken(self, call: Call) -> web.Response:
        answer = self._calls.answer(call)
        if _refuses(answer):
            raise _Undone(answer)
        return answer


def _parts(message: Message) -> list[Message]:
    return [one for one in message.get_payload() if isinstance(one, Message)]


def _body(part: Message) -> bytes:
    body = part.get_payload(decode=True)
    return body if isinstance(body, bytes) else b""


def _refuses(answer: web.Response) -> bool:
    return answer.status >= web.HTTPBadRequest.status_code


def _written(answer: web.Response) -> bytes:
    head = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{k}: {v}" for k, v in answer.headers.items())]
    body = answer.body if isinstance(answer.body, bytes) else b""
    return "\r\n".join([*head, "", ""]).encode() + body
