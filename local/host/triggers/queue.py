"""Queue triggers: take a message, keep it invisible while its function runs, and delete it after a success."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.app.function import Function
from local.host.app.invoker import Invoke
from local.host.app.storage import decode_message, send
from local.host.background import BackgroundTasks
from local.host.clock import ManualClock, WaitingClock
from local.host.settings import SettingsError, connection_string, resolve

log = logging.getLogger("Host.Triggers.Queues")

# As on Azure; while the function runs, the message is hidden again after half of this time.
HIDDEN_SECONDS = 600


@dataclass(frozen=True)
class QueueOptions:
    """The settings of host.json's extensions.queues, and the seconds between polls."""

    batch: int = 16
    max_dequeue_count: int = 5
    retry_after: timedelta = timedelta(0)
    encoding: str = "base64"
    poll_seconds: float = 0.5


class QueueTrigger:
    """Takes the messages of one queue for one function."""

    def __init__(self, function: Function, options: QueueOptions, clock: WaitingClock, invoke: Invoke) -> None:
        where = f"Function '{function.name}'"
        self._function = function
        self._options = options
        self._clock = clock
        self._invoke = invoke
        self._connection = connection_string(str(function.trigger["connection"]), where)
        self._name = resolve(str(function.trigger["queueName"]), where)
        try:
            self._queue = QueueClient.from_connection_string(self._connection, self._name)
        except ValueError as error:
            raise SettingsError(
                f"{where}: the app setting of its connection is not a connection string: {error}"
            ) from error
        self._running = BackgroundTasks()
        self._held = BackgroundTasks()

    async def run(self) -> None:
        """Run until cancelled."""
        async with self._queue as queue:
            while True:
                if not await self._take(queue):
                    await asyncio.sleep(self._options.poll_seconds)

    async def _take(self, queue: QueueClient) -> bool:
        room = self._options.batch - len(self._running)
        if room <= 0:
            return False
        try:
            pages = queue.receive_messages(messages_per_page=room, max_messages=room, visibility_timeout=HIDDEN_SECONDS)
            messages = [message async for message in pages]
        except ResourceNotFoundError:
            return False  # the queue does not exist yet
        except AzureError as error:
            log.warning("Cannot read queue '%s': %s", self._name, error)
            return False
        for message in messages:
            self._running.start(self._deliver(queue, message))
        return bool(messages)

    async def _deliver(self, queue: QueueClient, message: QueueMessage) -> None:
        hiding = asyncio.create_task(self._keep_hidden(queue, message))
        try:
            await self._run_function(message)
        except Exception:  # noqa: BLE001 - the worker logs it with its traceback
            hiding.cancel()
            await self._give_back(queue, message)
        else:
            hiding.cancel()
            await queue.delete_message(message)
        finally:
            hiding.cancel()

    async def _run_function(self, message: QueueMessage) -> None:
        try:
            text = decode_message(message.content, self._options.encoding)
        except ValueError:
            log.exception("A message of '%s' is not %s-encoded.", self._name, self._options.encoding)
            raise
        reason = f"New queue message detected on '{self._name}'."
        await self._invoke(self._function, Datum(text, "string"), metadata_of(message, text), reason)

    async def _give_back(self, queue: QueueClient, message: QueueMessage) -> None:
        if (message.dequeue_count or 1) < self._options.max_dequeue_count:
            if isinstance(self._clock, ManualClock):
                self._held.start(self._hold(queue, message))
            else:
                again = int(self._options.retry_after.total_seconds())
                await queue.update_message(message, visibility_timeout=again)
            return
        async with QueueClient.from_connection_string(self._connection, f"{self._name}-poison") as poison:
            await send(poison, message.content)
        await queue.delete_message(message)
        log.error(
            "A message of '%s' failed %d times and goes to the poison queue.",
            self._name,
            self._options.max_dequeue_count,
        )

    async def _hold(self, queue: QueueClient, message: QueueMessage) -> None:
        """Keep a message hidden until the manual clock, which storage does not have, has moved far enough."""
        hiding = asyncio.create_task(self._keep_hidden(queue, message))
        try:
            await self._clock.sleep_until(self._clock.now() + self._options.retry_after)
        finally:
            hiding.cancel()
        await queue.update_message(message, visibility_timeout=0)

    async def _keep_hidden(self, queue: QueueClient, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(HIDDEN_SECONDS / 2)
            changed = await queue.update_message(message, visibility_timeout=HIDDEN_SECONDS)
            message.pop_receipt = changed.pop_receipt


def metadata_of(message: QueueMessage, text: str) -> Mapping[str, Datum]:
    """Return the metadata of a message, with the fields of its text if that is a JSON object."""
    fields = {
        "Id": message.id,
        "PopReceipt": message.pop_receipt,
        "queueTrigger": text,
        "InsertionTime": _stamp(message.inserted_on),
        "ExpirationTime": _stamp(message.expires_on),
        "NextVisibleTime": _stamp(message.next_visible_on),
    }
    data = {name: Datum(value, "string") for name, value in fields.items()}
    data["DequeueCount"] = Datum(message.dequeue_count or 1, "int")
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    from_body = body if isinstance(body, dict) else {}
    return {name: Datum(str(value), "string") for name, value in from_body.items()} | data


def _stamp(moment: datetime | None) -> str:
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
