"""Notices of ended runs: CloudEvents for a webhook and an Event Grid topic. They go to configured addresses only."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from landfall.config.notices import Receiver
from landfall.records import Run, State, to_public_json

TIMEOUT_SECONDS = (10, 30)
"""Timeouts for connecting and for the answer."""
RUN_ENDED = "landfall.run.ended"
"""The type of the event of a run's end."""
FILE_MISSING, FILE_LATE = "landfall.file.missing", "landfall.file.late"
"""The types of the events of an expected file: that it did not come in time, and that it came late."""
UNAVAILABLE = "landfall.environment.unavailable"
"""The type of the event of an outage: F&O, or the way to it, lets nothing in, and runs wait."""


class NotDeliveredError(Exception):
    """The receiver did not accept the notice; the message names its host, never its URL."""


def event_of(run: Run, origin: str) -> dict[str, Any]:
    """The CloudEvent (1.0) of a run's end.

    Its id names attempt and outcome. So a receiver recognizes duplicates, and a late end differs from the
    NeedsAttention that it corrects.
    """
    event_id = f"{run.run_id}.{run.attempt}.{run.outcome}"
    return cloud_event(RUN_ENDED, event_id, run.run_id, origin, run.times[State.DONE], to_public_json(run))


def cloud_event(  # noqa: PLR0913, PLR0917  as many as CloudEvents requires
    kind: str, event_id: str, subject: str, origin: str, at: datetime, data: Mapping[str, Any]
) -> dict[str, Any]:
    """A CloudEvent (1.0) about the environment at `origin`; receivers recognize duplicates by its id."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/landfall/{urlsplit(origin).hostname}",
        "type": kind,
        "subject": subject,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": dict(data),
    }


def send(receiver: Receiver, event: Mapping[str, Any], now: datetime) -> None:
    """Post an event once; NotDeliveredError unless the receiver answers 2xx. Redirects are not followed."""
    body, headers = _message(receiver, event, now)
    host = urlsplit(receiver.url).hostname
    try:
        answer = requests.post(receiver.url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:  # its message contains the URL
        raise NotDeliveredError(f"{receiver.channel} at {host} did not answer: {type(error).__name__}") from None
    if not answer.ok or answer.is_redirect:
        raise NotDeliveredError(f"{receiver.channel} at {host} answered {answer.status_code}")


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: HMAC-SHA256 over id, time and body, as standardwebhooks.com specifies.

    A secret that begins with `whsec_` is base64, as in that specification; any other is used as it is.
    """
    encoded = secret.removeprefix("whsec_")
    key = base64.b64decode(encoded) if encoded != secret else secret.encode()
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def _message(receiver: Receiver, event: Mapping[str, Any], now: datetime) -> tuple[bytes, dict[str, str]]:
    if receiver.channel == "topic":
        body = json.dumps([event], ensure_ascii=False).encode()
        media = "application/cloudevents-batch+json; charset=utf-8"
        return body, {"Content-Type": media, "aeg-sas-key": receiver.key}
    body, timestamp = json.dumps(event, ensure_ascii=False).encode(), int(now.timestamp())
    return body, {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": str(event["id"]),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(receiver.key, str(event["id"]), timestamp, body),
    }
