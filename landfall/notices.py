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
EVENT_TYPE = "landfall.run.ended"


class NotDeliveredError(Exception):
    """The receiver did not accept the notice; the message names its host, never its URL."""


def event_of(run: Run, origin: str) -> dict[str, Any]:
    """The CloudEvent (1.0) of a run's end.

    Its id names attempt and outcome. So a receiver recognizes duplicates, and a late end differs from the
    NeedsAttention that it corrects.
    """
    return {
        "specversion": "1.0",
        "id": f"{run.run_id}.{run.attempt}.{run.outcome}",
        "source": f"/landfall/{urlsplit(origin).hostname}",
        "type": EVENT_TYPE,
        "subject": run.run_id,
        "time": run.times[State.DONE].isoformat(),
        "datacontenttype": "application/json",
        "data": to_public_json(run),
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
