"""The blob endpoint: uploads whole, in blocks and from URLs, and downloads, each with a SAS (fno-behaviour 7)."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from email.utils import format_datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from fno_emulator.blobs import block_lists, bodies, conditions, sas
from fno_emulator.blobs.errors import StorageRefused, headers, missing_header, not_authenticated, not_found
from fno_emulator.blobs.store import Blob, BlobStore
from fno_emulator.blobs.urls import SignedUrls
from fno_emulator.control.delivery import during, stream
from fno_emulator.control.observer import Observer
from fno_emulator.settings import Settings

_Handler = Callable[[web.Request, str, str], Awaitable[web.StreamResponse]]


class BlobRoutes:
    """The endpoint of one account.

    Args:
        store: the account's blobs.
        urls: checks the SAS of every request.
        observer: logs calls, without their query strings.
        settings: the newest version of the API that the endpoint accepts.
        plain: whether this is local storage, which accepts a PUT of a whole file and nothing else (fno-behaviour 7.5).
    """

    def __init__(
        self, store: BlobStore, urls: SignedUrls, observer: Observer, settings: Settings, *, plain: bool = False
    ) -> None:
        self._store = store
        self._urls = urls
        self._observer = observer
        self._settings = settings
        self._plain = plain
        self._session: aiohttp.ClientSession | None = None

    def add_to(self, app: web.Application) -> None:
        """Register the routes. The account is part of the path, as in other storage emulators."""
        path = f"/{sas.ACCOUNT}/{{container}}/{{name:.+}}"
        app.router.add_route("PUT", path, self.put)
        app.router.add_route("GET", path, self.get)
        app.router.add_route("HEAD", path, self.get)
        app.cleanup_ctx.append(self._client)

    async def put(self, request: web.Request) -> web.StreamResponse:
        """Put Blob, Put Block, Put Blob From URL, Put Block From URL, and Put Block List."""
        from_url = "x-ms-copy-source" in request.headers
        comp = request.query.get("comp", "")
        operations: dict[tuple[str, bool], tuple[str, _Handler]] = {
            ("", False): ("PutBlob", self._put_blob),
            ("", True): ("PutBlobFromUrl", self._put_blob),
            ("block", False): ("PutBlock", self._put_block),
            ("block", True): ("PutBlockFromUrl", self._put_block),
            ("blocklist", False): ("PutBlockList", self._put_block_list),
        }
        if self._plain:
            operations = {("", False): ("PutBlob", self._put_file)}
        name, handler = operations.get((comp, from_url), ("Unsupported", self._unsupported))
        return await self._answer(request, name, "cw", handler)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Get Blob, Get Blob Properties and Get Block List."""
        operations: dict[tuple[str, str], tuple[str, _Handler]] = {
            ("GET", ""): ("GetBlob", self._get_blob),
            ("HEAD", ""): ("GetBlobProperties", self._get_blob),
        }
        if not self._plain:
            operations["GET", "blocklist"] = ("GetBlockList", self._get_block_list)
        operation = (request.method, request.query.get("comp", ""))
        name, handler = operations.get(operation, ("Unsupported", self._unsupported))
        return await self._answer(request, name, "r", handler)

    async def _client(self, _: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(auto_decompress=False) as self._session:
            yield

    async def _answer(self, request: web.Request, operation: str, wanted: str, handler: _Handler) -> web.StreamResponse:
        container, name = request.match_info["container"], request.match_info["name"]

        async def work() -> web.StreamResponse:
            try:
                self._check(request, f"{container}/{name}", wanted)
                return await handler(request, container, name)
            except StorageRefused as refused:
                return refused.answer(with_body=request.method != "HEAD")

        return await self._observer.observe(request, operation, {"blob": f"{container}/{name}"}, work)

    def _check(self, request: web.Request, resource: str, wanted: str) -> None:
        newest = self._settings.newest_storage_version
        if newest and request.headers.get("x-ms-version", "") > newest:
            raise StorageRefused(
                400,
                "InvalidHeaderValue",
                "The value for one of the HTTP headers is not in the correct format: x-ms-version.",
            )
        if "Authorization" in request.headers:
            raise not_authenticated("A SAS and an Authorization header exclude each other.")
        if during(request).get("expire_sas"):
            raise not_authenticated("The URL counts as expired.")
        reason = self._urls.refusal(resource, request.query, wanted)
        if reason == sas.NOT_PERMITTED:
            text = "This request is not authorized to perform this operation using this permission."
            raise StorageRefused(403, reason, text)
        if reason:
            raise not_authenticated(reason)

    async def _receive(self, request: web.Request) -> tuple[Path, str]:
        body = self._store.new_body()
        if "x-ms-copy-source" not in request.headers:
            md5 = await bodies.receive(request, body)
        elif self._session is None:
            raise StorageRefused(503, "ServerBusy", "The server is stopping.")
        else:
            md5 = await bodies.fetch(self._session, request, body)
        if "truncate" in during(request):
            os.truncate(body, int(during(request)["truncate"]))
        return body, md5

    async def _put_blob(self, request: web.Request, container: str, name: str) -> web.StreamResponse:
        if request.headers.get("x-ms-blob-type") != "BlockBlob":
            raise missing_header("x-ms-blob-type")
        return await self._put_file(request, container, name)

    async def _put_file(self, request: web.Request, container: str, name: str) -> web.StreamResponse:
        conditions.check(request, self._store.find(container, name))
        body, md5 = await self._receive(request)
        return _created(self._store.commit(container, name, body, _content_type(request), md5))

    async def _put_block(self, request: web.Request, container: str, name: str) -> web.StreamResponse:
        body, md5 = await self._receive(request)
        self._store.stage(container, name, request.query.get("blockid", ""), body)
        return web.Response(status=201, headers={**headers(), "Content-MD5": md5})

    async def _put_block_list(self, request: web.Request, container: str, name: str) -> web.StreamResponse:
        conditions.check(request, self._store.find(container, name))
        wanted = block_lists.read(await request.read())
        blob = await asyncio.to_thread(self._store.commit_blocks, container, name, wanted, _content_type(request))
        if blob is None:
            raise StorageRefused(400, "InvalidBlockList", "The specified block list is invalid.")
        return _created(blob)

    async def _get_block_list(self, request: web.Request, container: str, name: str) -> web.StreamResponse:
        blob = self._store.find(container, name)
        committed, staged = self._store.blocks(container, name)
        if blob is None and not staged:
            raise not_found()
        body = block_lists.write(request.query.get("blocklisttype", ""), committed, staged)
        about = {"ETag": f'"{blob.etag}"', "x-ms-blob-content-length": str(blob.size)} if blob else {}
        return web.Response(body=body, headers={**headers(), **about, "Content-Type": "application/xml"})

    async def _unsupported(self, _request: web.Request, _container: str, _name: str) -> web.StreamResponse:
        raise StorageRefused(501, "NotImplemented", "The emulator's account stores block blobs only.")

    async def _get_blob(self, request: web.Request, container: str, name: str) -> web.StreamResponse:
        blob = self._store.find(container, name)
        if blob is None:
            raise not_found()
        conditions.check(request, blob)
        part = conditions.byte_range(request, blob.size) if request.method == "GET" else None
        first, length = part or (0, blob.size)
        response = web.StreamResponse(status=206 if part else 200, headers=_properties(blob))
        response.content_length = length
        if part:
            response.headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{blob.size}"
        return await stream(request, response, self._chunks(blob, first, length) if request.method == "GET" else ())

    def _chunks(self, blob: Blob, first: int, length: int) -> Iterator[bytes]:
        with self._store.path(blob).open("rb") as body:
            body.seek(first)
            while length and (chunk := body.read(min(bodies.CHUNK, length))):
                yield chunk
                length -= len(chunk)


def _content_type(request: web.Request) -> str:
    return request.headers.get("x-ms-blob-content-type", "application/octet-stream")


def _version(blob: Blob) -> dict[str, str]:
    modified = format_datetime(blob.modified, usegmt=True)
    return {**headers(), "ETag": f'"{blob.etag}"', "Last-Modified": modified}


def _created(blob: Blob) -> web.Response:
    md5 = {"Content-MD5": blob.md5} if blob.md5 else {}
    return web.Response(status=201, headers={**_version(blob), **md5, "x-ms-request-server-encrypted": "true"})


def _properties(blob: Blob) -> dict[str, str]:
    version = _version(blob)
    return {
        **version,
        "Content-Type": blob.content_type,
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": version["Last-Modified"],
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "true",
    }
