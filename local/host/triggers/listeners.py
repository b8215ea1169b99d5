"""Builds the listeners of an app: blob, queue and timer triggers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

from local.host.app.index import AppIndex
from local.host.app.invoker import Invoke
from local.host.clock import WaitingClock
from local.host.settings import HostSettings, SettingsError, parse_timespan
from local.host.state.database import Database
from local.host.state.members import Members
from local.host.triggers.blob import BlobOptions, BlobTrigger
from local.host.triggers.blob_receipts import BlobReceipts
from local.host.triggers.queue import QueueOptions, QueueTrigger
from local.host.triggers.timer import ScheduleMonitor, Timer

POLL_SETTING = "LOCAL_HOST_POLL_SECONDS"


class Listener(Protocol):
    """A trigger that waits for work."""

    async def run(self) -> None:
        """Run until cancelled."""


@dataclass(frozen=True)
class HostServices:
    """The parts of the host that listeners use."""

    settings: HostSettings
    database: Database
    members: Members
    clock: WaitingClock
    invoke: Invoke


def message_encoding(settings: HostSettings) -> str:
    """Return the encoding of queue messages in host.json: base64 by default, or none."""
    return str(settings.value("extensions.queues.messageEncoding", "base64"))


def build_listeners(index: AppIndex, services: HostServices) -> list[Listener]:
    """Return the listeners of an app.

    Raises:
        SettingsError: a setting, schedule or connection of a trigger is missing or wrong.
    """
    return [*_blobs(index, services), *_queues(index, services), *_timers(index, services)]


def _poll_seconds() -> float:
    text = os.environ.get(POLL_SETTING, "0.5")
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"{POLL_SETTING} is '{text}'. Set it to a number of seconds.") from None


def _blobs(index: AppIndex, services: HostServices) -> list[Listener]:
    receipts = BlobReceipts(services.database, services.members)
    options = BlobOptions(
        poll_seconds=_poll_seconds(),
        parallel=services.settings.value("extensions.blobs.maxDegreeOfParallelism", 8 * (os.cpu_count() or 1)),
        poison_after=services.settings.value("extensions.blobs.poisonBlobThreshold", 5),
        encoding=message_encoding(services.settings),
    )
    return [BlobTrigger(each, receipts, options, services.invoke) for each in index.of_kind("blobTrigger")]


def _queues(index: AppIndex, services: HostServices) -> list[Listener]:
    again = services.settings.value("extensions.queues.visibilityTimeout", "00:00:00")
    options = QueueOptions(
        batch=services.settings.value("extensions.queues.batchSize", 16),
        max_dequeue_count=services.settings.value("extensions.queues.maxDequeueCount", 5),
        retry_after=parse_timespan(again, "host.json: extensions.queues.visibilityTimeout"),
        encoding=message_encoding(services.settings),
        poll_seconds=_poll_seconds(),
    )
    return [QueueTrigger(each, options, services.clock, services.invoke) for each in index.of_kind("queueTrigger")]


def _timers(index: AppIndex, services: HostServices) -> list[Listener]:
    monitor = ScheduleMonitor(services.database)
    return [
        Timer(each, monitor, services.members, services.clock, services.invoke)
        for each in index.of_kind("timerTrigger")
    ]
