"""Blob triggers: the container is looked through again and again, each version of each matching blob runs once.

Also with `source=EventGrid`: on a laptop nothing sends events, so those are found the same way.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceModifiedError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from azure.storage.queue.aio import QueueClient

from local.host.app.index import Function
from local.host.app.invoker import Invoke
from local.host.app.storage import blob_reference, encode_message, send
from local.host.settings import SettingsError, connection_string, resolve
from local.host.triggers.blob_receipts import BlobEvent, BlobReceipts

log = logging.getLogger("Host.Triggers.Blobs")

POISON_QUEUE = "webjobs-blobtrigger-poison"
OUTAGE_SECONDS = 1.0
Result = TypeVar("Result")


@dataclass(frozen=True)
class BlobOptions:
    """How blobs are watched: seconds between two looks, runs side by side, tries before a version is poison."""

    poll_seconds: float = 0.5
    parallel: int = 8
    poison_after: int = 5
    retry_seconds: float = 0.2
    encoding: str = "base64"


class PathPattern:
    """A trigger's path: a fixed container, then a pattern whose `{name}` parts are greedy and match slashes."""

    def __init__(self, path: str) -> None:
        self.container, _, pattern = path.strip("/").partition("/")
        parts = re.split(r"\{(\w+)\}", pattern)
        text = "".join(
            re.escape(part) if place % 2 == 0 else f"(?P<{part}>.*)" for place, part in enumerate(parts)
        )
        self._regex = re.compile(text or ".*")

    def match(self, blob: str) -> dict[str, str] | None:
        """Find the pattern's parameters for a blob's name; None when it does not match."""
        found = self._regex.fullmatch(blob)
        return found.groupdict() if found else None


class BlobTrigger:
    """Watches one container for one function."""

    def __init__(
        self, function: Function, receipts: BlobReceipts, options: BlobOptions, invoke: Invoke
    ) -> None:
        where = f"Function '{function.name}'"
        self._function = function
        self._receipts = receipts
        self._options = options
        self._invoke = invoke
        self._setting = str(function.trigger["connection"])
        self._connection = connection_string(self._setting, where)
        try:
            self._service = BlobServiceClient.from_connection_string(
                # Whoever uses it repeats what fails; the SDK would wait a minute before it says so.
                self._connection,
                retry_total=0,
            )
        except ValueError as error:
            raise SettingsError(
                f"{where}: the app setting '{self._setting}' is no connection string: {error}"
            ) from error
        self._pattern = PathPattern(resolve(str(function.trigger["path"]), where))
        self._room = asyncio.Semaphore(options.parallel)
        self._running: set[asyncio.Task[None]] = set()
        self._listed: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Go on until cancelled; what a host that is gone saw and did not finish comes first."""
        async with self._service as service:
            container = service.get_container_client(self._pattern.container)
            reachable = True
            while True:
                for event in self._receipts.adopt(self._function.name):
                    self._start(container, event)
                try:
                    await self._look(container)
                    reachable = True
                except ResourceNotFoundError:
                    reachable = True  # the container is not there yet
                except AzureError as error:
                    if reachable:
                        log.warning(
                            "Container '%s' cannot be listed: %s", self._pattern.container, _why(error)
                        )
                    reachable = False
                await asyncio.sleep(self._options.poll_seconds)

    async def _look(self, container: ContainerClient) -> None:
        listed: set[tuple[str, str]] = set()
        async for blob in container.list_blobs():
            version = (str(blob.name), str(blob.etag).strip('"'))
            listed.add(version)
            if version in self._listed or self._pattern.match(version[0]) is None:
                continue
            event = BlobEvent(self._function.name, self._pattern.container, *version)
            if self._receipts.note(event):
                self._start(container, event)
        # Only what is new since the last look is asked about; a container of thousands stays cheap.
        self._listed = listed

    def _start(self, container: ContainerClient, event: BlobEvent) -> None:
        task = asyncio.create_task(self._deliver(container, event))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _deliver(self, container: ContainerClient, event: BlobEvent) -> None:
        async with self._room:
            tries = event.tries
            while tries < self._options.poison_after:
                fetched = await self._fetch(container, event)
                if fetched is None:
                    self._receipts.close(event, "gone")
                    return
                try:
                    await self._invoke(
                        self._function, *fetched, f"New blob detected: {event.container}/{event.blob}"
                    )
                except Exception:  # noqa: BLE001 - logged with its trace where it was run; it is tried again
                    tries = self._receipts.tried(event)
                    await asyncio.sleep(self._options.retry_seconds)
                else:
                    self._receipts.close(event, "done")
                    return
            await self._persist(lambda: self._poison(event))
            self._receipts.close(event, "poison")

    async def _fetch(
        self, container: ContainerClient, event: BlobEvent
    ) -> tuple[Datum, dict[str, Datum]] | None:
        """What the function gets; None when this version is no longer there."""
        try:
            return await self._persist(lambda: self._read(container, event))
        except (ResourceNotFoundError, ResourceModifiedError):
            return None

    async def _persist(self, action: Callable[[], Awaitable[Result]]) -> Result:
        """Repeat while storage cannot be used: that is no failure of the function, and no try of its."""
        while True:
            try:
                return await action()
            except (ResourceNotFoundError, ResourceModifiedError):
                raise
            except AzureError as error:
                log.warning("Storage cannot be used (%s); waiting for it.", _why(error))
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
            **{
                name: Datum(value, "string")
                for name, value in (self._pattern.match(event.blob) or {}).items()
            },
        }

    async def _poison(self, event: BlobEvent) -> None:
        message = {
            "FunctionId": f"Host.Functions.{event.function}",
            "BlobType": "BlockBlob",
            "ContainerName": event.container,
            "BlobName": event.blob,
            "ETag": event.etag,
        }
        # The queue lies in the account of the blob, whichever the host's own is.
        async with QueueClient.from_connection_string(self._connection, POISON_QUEUE) as queue:
            await send(queue, encode_message(json.dumps(message).encode(), self._options.encoding))
        log.error(
            "Blob '%s/%s' failed %d times in '%s'; it is put aside.",
            event.container,
            event.blob,
            self._options.poison_after,
            event.function,
        )


def _why(error: AzureError) -> str:
    """Storage's own word for an error, where it answered."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code)) if code else type(error).__name__
