"""Blob triggers: poll the container, and run the function once for each version of each matching blob.

Triggers with `source=EventGrid` poll, too, because nothing sends events on a laptop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceModifiedError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from azure.storage.queue.aio import QueueClient

from local.host.app.function import Function
from local.host.app.invoker import Invoke
from local.host.app.storage import blob_reference, encode_message, send
from local.host.background import BackgroundTasks
from local.host.settings import SettingsError, connection_string, resolve
from local.host.triggers.blob_receipts import BlobEvent, BlobReceipts

log = logging.getLogger("Host.Triggers.Blobs")

POISON_QUEUE = "webjobs-blobtrigger-poison"
OUTAGE_SECONDS = 1.0


@dataclass(frozen=True)
class BlobOptions:
    """Seconds between polls, concurrent runs, tries before a version is poison, and seconds between tries."""

    poll_seconds: float = 0.5
    parallel: int = 8
    poison_after: int = 5
    retry_seconds: float = 1.0
    encoding: str = "base64"


class PathPattern:
    """A trigger's path: a container, then a pattern whose `{name}` parts are greedy and match slashes."""

    def __init__(self, path: str) -> None:
        self.container, _, pattern = path.strip("/").partition("/")
        parts = re.split(r"\{(\w+)\}", pattern)
        text = "".join(re.escape(part) if index % 2 == 0 else f"(?P<{part}>.*)" for index, part in enumerate(parts))
        self._regex = re.compile(text or ".*")

    def match(self, blob: str) -> dict[str, str] | None:
        """Return the pattern's parameters for a blob's name; None when the name does not match."""
        found = self._regex.fullmatch(blob)
        return found.groupdict() if found else None


class BlobTrigger:
    """Polls one container for one function."""

    def __init__(self, function: Function, receipts: BlobReceipts, options: BlobOptions, invoke: Invoke) -> None:
        where = f"Function '{function.name}'"
        self._function = function
        self._receipts = receipts
        self._options = options
        self._invoke = invoke
        self._setting = str(function.trigger["connection"])
        self._connection = connection_string(self._setting, where)
        try:
            self._service = BlobServiceClient.from_connection_string(
                # The callers repeat failed requests; the SDK would wait a minute before it reports one.
                self._connection,
                retry_total=0,
            )
        except ValueError as error:
            raise SettingsError(
                f"{where}: the app setting '{self._setting}' is not a connection string: {error}"
            ) from error
        self._pattern = PathPattern(resolve(str(function.trigger["path"]), where))
        self._slots = asyncio.Semaphore(options.parallel)
        self._running = BackgroundTasks()
        self._listed: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Run until cancelled; take over the unfinished versions of hosts that are gone."""
        async with self._service as service:
            container = service.get_container_client(self._pattern.container)
            reachable = True
            while True:
                for event in self._receipts.adopt(self._function.name):
                    self._running.start(self._deliver(container, event))
                try:
                    await self._poll(container)
                    reachable = True
                except ResourceNotFoundError:
                    reachable = True  # the container does not exist yet
                except AzureError as error:
                    if reachable:
                        log.warning("Cannot list container '%s': %s", self._pattern.container, _reason(error))
                    reachable = False
                await asyncio.sleep(self._options.poll_seconds)

    async def _poll(self, container: ContainerClient) -> None:
        listed: set[tuple[str, str]] = set()
        async for blob in container.list_blobs():
            version = (str(blob.name), str(blob.etag).strip('"'))
            listed.add(version)
            if version in self._listed or self._pattern.match(version[0]) is None:
                continue
            event = BlobEvent(self._function.name, self._pattern.container, *version)
            if self._receipts.add(event):
                self._running.start(self._deliver(container, event))
        # Only versions that are new since the last poll need a query, which keeps large containers cheap.
        self._listed = listed

    async def _deliver(self, container: ContainerClient, event: BlobEvent) -> None:
        async with self._slots:
            tries = event.tries
            while tries < self._options.poison_after:
                if ending := await self._try(container, event):
                    self._receipts.close(event, ending)
                    return
                tries = self._receipts.count_try(event)
                # On Azure, too, the tries follow each other at once: five are over in four seconds.
                await asyncio.sleep(self._options.retry_seconds if tries < self._options.poison_after else 0)
            await self._persist(lambda: self._poison(event))
            self._receipts.close(event, "poison")

    async def _try(self, container: ContainerClient, event: BlobEvent) -> str | None:
        """Run the function once; `done` or `gone` when the version needs no other try."""
        try:
            fetched = await self._read(container, event)
        except (ResourceNotFoundError, ResourceModifiedError):
            return "gone"
        except AzureError as error:
            log.warning("Cannot read blob '%s/%s': %s", event.container, event.blob, _reason(error))
            return None
        try:
            await self._invoke(self._function, *fetched, f"New blob detected: {event.container}/{event.blob}")
        except Exception:  # noqa: BLE001 - the worker logs it with its traceback
            return None
        return "done"

    async def _persist(self, action: Callable[[], Awaitable[None]]) -> None:
        """Repeat a request until storage takes it."""
        while True:
            try:
                return await action()
            except AzureError as error:
                log.warning("Storage is unavailable (%s). The host tries again.", _reason(error))
                await asyncio.sleep(OUTAGE_SECONDS)

    async def _read(self, container: ContainerClient, event: BlobEvent) -> tuple[Datum, dict[str, Datum]]:
        client = container.get_blob_client(event.blob)
        pinned = MatchConditions.IfNotModified
        properties = await client.get_blob_properties(etag=event.etag, match_condition=pinned)
        if self._function.by_reference(self._function.trigger):
            data = blob_reference(self._setting, event.container, event.blob)
        else:
            stream = await client.download_blob(etag=event.etag, match_condition=pinned)
            data = Datum(await stream.readall(), "bytes")
        described = {
            "ContentType": properties.content_settings.content_type,
            "ETag": event.etag,
            "LastModified": properties.last_modified.isoformat(),
            "Length": properties.size,
        }
        return data, {
            "BlobTrigger": Datum(f"{event.container}/{event.blob}", "string"),
            "Uri": Datum(client.url.partition("?")[0], "string"),
            "Properties": Datum(json.dumps(described), "json"),
            "Metadata": Datum(json.dumps(properties.metadata or {}), "json"),
            **{name: Datum(value, "string") for name, value in (self._pattern.match(event.blob) or {}).items()},
        }

    async def _poison(self, event: BlobEvent) -> None:
        message = {
            "FunctionId": f"Host.Functions.{event.function}",
            "BlobType": "BlockBlob",
            "ContainerName": event.container,
            "BlobName": event.blob,
            "ETag": event.etag,
        }
        # In the account of the blob, which need not be the host's own.
        async with QueueClient.from_connection_string(self._connection, POISON_QUEUE) as queue:
            await send(queue, encode_message(json.dumps(message).encode(), self._options.encoding))
        log.error(
            "Blob '%s/%s' failed %d times in '%s' and goes to the poison queue.",
            event.container,
            event.blob,
            self._options.poison_after,
            event.function,
        )


def _reason(error: AzureError) -> str:
    """Return storage's error code, or the type of the exception when storage did not answer."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code)) if code else type(error).__name__
