"""`$batch`: several requests in one call. A changeset succeeds or fails as a whole (fno-behaviour 1.14)."""

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

MAX_OPERATIONS = 5000
"""The most operations in one batch."""
_HTTP = {"Content-Type": "application/http", "Content-Transfer-Encoding": "binary"}


class _ChangesetRefused(Exception):  # noqa: N818 - a refusal, not a failure of the emulator
    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer


class BatchRoutes:
    """The batch endpoint.

    Args:
        service: the F&O URL.
        calls: answers the single requests.
        database: runs a changeset in a transaction.
        observer: logs batches and applies faults.
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
        """Answer a batch, or 400 if it cannot be read."""
        try:
            calls = self._read(request.headers.get("Content-Type", ""), await request.read())
        except (ValueError, HTTPException) as error:
            return envelope.error(str(error), "Microsoft.OData.ODataException")
        continue_on_error = "odata.continue-on-error" in request.headers.get("Prefer", "")

        async def work() -> web.Response:
            writer = await asyncio.to_thread(self._answer, calls, continue_on_error=continue_on_error)
            return web.Response(body=writer, headers=envelope.headers())

        return await self._observer.observe(request, "Batch", {}, work)

    def _read(self, content_type: str, body: bytes) -> list[Call | list[Call]]:
        """The requests of a batch; a changeset is a list of its own."""
        batch = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        if not batch.is_multipart():
            raise ValueError(
                f"The content type {content_type!r} is not that of a batch. Send multipart/mixed with a boundary."
            )
        calls: list[Call | list[Call]] = [
            [self._call(one) for one in _parts(part)] if part.is_multipart() else self._call(part)
            for part in _parts(batch)
        ]
        if sum(len(one) if isinstance(one, list) else 1 for one in calls) > MAX_OPERATIONS:
            raise ValueError(f"A batch holds at most {MAX_OPERATIONS} operations.")
        return calls

    def _call(self, part: Message) -> Call:
        """The request in a part. Its URL is complete, an absolute path, or relative to `/data/`."""
        content = BytesIO(_body(part))
        method, _, target = content.readline().decode().strip().partition(" ")
        headers = parse_headers(content)
        url = URL(target.rpartition(" HTTP/")[0])
        path = str(url.relative() if url.absolute else url).removeprefix(self._service.prefix)
        url = URL(path if path.startswith("/") else f"/data/{path}", encoded=True)
        return Call(method, url, headers.get("If-Match", "*"), content.read().strip())

    def _answer(self, calls: list[Call | list[Call]], *, continue_on_error: bool) -> MultipartWriter:
        """The answers in order. They end with the first refusal unless `continue_on_error` is set."""
        writer = MultipartWriter("mixed", f"batchresponse_{uuid4()}")
        for one in calls:
            refused = self._write_changeset(one, writer) if isinstance(one, list) else self._write_single(one, writer)
            if refused and not continue_on_error:
                break
        return writer

    def _write_single(self, call: Call, writer: MultipartWriter) -> bool:
        """Write the answer to a request; returns whether the request was refused."""
        answer = self._calls.answer(call)
        writer.append(_to_bytes(answer), _HTTP)
        return _is_refusal(answer)

    def _write_changeset(self, calls: list[Call], writer: MultipartWriter) -> bool:
        """Write the answers to a changeset, or only the refusal that undid it; returns whether it was undone."""
        answers = MultipartWriter("mixed", f"changesetresponse_{uuid4()}")
        try:
            with self._database.transaction():
                for call in calls:
                    answer = self._calls.answer(call)
                    if _is_refusal(answer):
                        raise _ChangesetRefused(answer)  # noqa: TRY301 - the transaction rolls back
                    answers.append(_to_bytes(answer), _HTTP)
        except _ChangesetRefused as refused:
            writer.append(_to_bytes(refused.answer), _HTTP)
            return True
        writer.append(answers)
        return False


def _parts(message: Message) -> list[Message]:
    return [one for one in message.get_payload() if isinstance(one, Message)]


def _body(part: Message) -> bytes:
    body = part.get_payload(decode=True)
    return body if isinstance(body, bytes) else b""


def _is_refusal(answer: web.Response) -> bool:
    return answer.status >= web.HTTPBadRequest.status_code


def _to_bytes(answer: web.Response) -> bytes:
    head = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{k}: {v}" for k, v in answer.headers.items())]
    body = answer.body if isinstance(answer.body, bytes) else b""
    return "\r\n".join([*head, "", ""]).encode() + body
