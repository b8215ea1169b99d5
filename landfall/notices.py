"""Notices of runs that have ended: CloudEvents for a webhook and for an Event Grid topic, to settings' addresses only."""

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
"""To connect, and to answer."""
EVENT_TYPE = "landfall.run.ended"


class NotDeliveredError(Exception):
    """The receiver did not take the notice; the message names its host, never its URL."""


def event_of(run: Run, origin: str) -> dict[str, Any]:
    """The CloudEvent (1.0) of a run's end.

    Its id is the attempt's and the outcome's: who gets it twice can tell, and a late end has another than the
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


def send(target: Receiver, event: Mapping[str, Any], now: datetime) -> None:
    """Post an event once; NotDeliveredError unless the receiver answers 2xx. Redirects are not followed."""
    body, headers = _written(target, event, now)
    host = urlsplit(target.url).hostname
    try:
        answer = requests.post(
            target.url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:  # its words hold the URL
        raise NotDeliveredError(
            f"{target.channel} at {host} did not answer: {type(error).__name__}"
        ) from None
    if not answer.ok or answer.is_redirect:
        raise NotDeliveredError(f"{target.channel} at {host} answered {answer.status_code}")


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """What `webhook-signature` holds: HMAC-SHA256 over id, time and body, in the way of standardwebhooks.com.

    A secret that begins with `whsec_` is base64, as that specification wants it; any other is taken as it is.
    """
    encoded = secret.removeprefix("whsec_")
    key = base64.b64decode(encoded) if encoded != secret else secret.encode()
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def _written(target: Receiver, event: Mapping[str, Any], now: datetime) -> tuple[bytes, dict[str, str]]:
    if target.channel == "topic":
        body = json.dumps([event], ensure_ascii=False).encode()
        media = "application/cloudevents-batch+json; charset=utf-8"
        return body, {"Content-Type": media, "aeg-sas-key": target.key}
    body, timestamp = json.dumps(event, ensure_ascii=False).encode(), int(now.timestamp())
    return body, {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": str(event["id"]),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(target.key, str(event["id"]), timestamp, body),
    }
