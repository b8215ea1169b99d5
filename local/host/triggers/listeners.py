"""Builds everything that watches for work outside: blobs, queues, timers."""

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
    """Something that runs until cancelled."""

    async def run(self) -> None:
        """Go on until cancelled."""


@dataclass(frozen=True)
class Surroundings:
    """What listeners are built from."""

    settings: HostSettings
    database: Database
    members: Members
    clock: WaitingClock
    invoke: Invoke


def message_encoding(settings: HostSettings) -> str:
    """How queue messages are written: base64 unless host.json says none."""
    return str(settings.value("extensions.queues.messageEncoding", "base64"))


def listeners(index: AppIndex, around: Surroundings) -> list[Listener]:
    """Build the listeners of an app.

    Raises:
        SettingsError: a trigger names a setting, schedule or connection that is missing or wrong.
    """
    return [*_blobs(index, around), *_queues(index, around), *_timers(index, around)]


def _poll_seconds() -> float:
    text = os.environ.get(POLL_SETTING, "0.5")
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"{POLL_SETTING} is '{text}', it must be a number of seconds.") from None


def _blobs(index: AppIndex, around: Surroundings) -> list[Listener]:
    receipts = BlobReceipts(around.database, around.members)
    options = BlobOptions(
        poll_seconds=_poll_seconds(),
        parallel=around.settings.value("extensions.blobs.maxDegreeOfParallelism", 8 * (os.cpu_count() or 1)),
        poison_after=around.settings.value("extensions.blobs.poisonBlobThreshold", 5),
        encoding=message_encoding(around.settings),
    )
    return [BlobTrigger(each, receipts, options, around.invoke) for each in index.of_kind("blobTrigger")]


def _queues(index: AppIndex, around: Surroundings) -> list[Listener]:
    again = around.settings.value("extensions.queues.visibilityTimeout", "00:00:00")
    options = QueueOptions(
        batch=around.settings.value("extensions.queues.batchSize", 16),
        max_dequeue_count=around.settings.value("extensions.queues.maxDequeueCount", 5),
        retry_after=parse_timespan(again, "host.json: extensions.queues.visibilityTimeout"),
        encoding=message_encoding(around.settings),
        poll_seconds=_poll_seconds(),
    )
    return [
        QueueTrigger(each, options, around.clock, around.invoke) for each in index.of_kind("queueTrigger")
    ]


def _timers(index: AppIndex, around: Surroundings) -> list[Listener]:
    monitor = ScheduleMonitor(around.database)
    return [
        Timer(each, monitor, around.members, around.clock, around.invoke)
        for each in index.of_kind("timerTrigger")
    ]
