"""Notices: signed CloudEvents, sent to the configured addresses only."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from landfall.config.notices import CHANNELS, Notices, Receiver
from landfall.notices import NotDeliveredError, event_of, send, signature
from landfall.records import Outcome, Run, State, to_public_json
from tests.unit.receiver import receiving

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
RUN = Run("imp-1", "import", State.DONE, attempt=2, outcome=Outcome.FAILED, times={"Done": NOW, "Landed": NOW})
EVENT = event_of(RUN, "https://contoso.operations.dynamics.com")
BOTH = Notices(webhook="%HOOK%", secret="%SECRET%", topic="%TOPIC%", topic_key="%KEY%")
SET = {
    "HOOK": "https://example.org/hook",
    "SECRET": "s",
    "TOPIC": "https://t.eventgrid.azure.net",
    "KEY": "k",
}


def receivers(notices: Notices, settings: dict[str, str]) -> tuple[Receiver, ...]:
    """The receivers on all channels."""
    return tuple(each for channel in CHANNELS if (each := notices.receiver(channel, settings)))


def test_the_event_is_a_cloudevent_of_the_attempt() -> None:
    """It has all that CloudEvents 1.0 requires, an id per attempt and outcome, and the run as the API shows it."""
    assert {key: EVENT[key] for key in EVENT if key != "data"} == {
        "specversion": "1.0",
        "id": "imp-1.2.Failed",
        "source": "/landfall/contoso.operations.dynamics.com",
        "type": "landfall.run.ended",
        "subject": "imp-1",
        "time": "2026-03-01T06:00:00+00:00",
        "datacontenttype": "application/json",
    }
    assert EVENT["data"] == to_public_json(RUN)


def test_a_webhook_can_verify_the_sender() -> None:
    """The signature covers id, time and body, with the shared secret."""
    with receiving() as receiver:
        send(Receiver("webhook", receiver.url, "shared"), EVENT, NOW)
    ((headers, body),) = receiver.got
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert json.loads(body) == EVENT
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(b"shared", content, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (
        "imp-1.2.Failed",
        str(int(NOW.timestamp())),
    )


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks, with a whsec_ secret in base64."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_topic_gets_a_batch_and_its_key() -> None:
    """Event Grid's CloudEvents schema expects a batch and the access key in a header."""
    with receiving() as receiver:
        send(Receiver("topic", receiver.url, "access"), EVENT, NOW)
    ((headers, body),) = receiver.got
    assert headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert (headers["aeg-sas-key"], json.loads(body)) == ("access", [EVENT])
    assert "webhook-signature" not in headers


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410, 429, 500, 503])
def test_an_answer_other_than_2xx_is_an_error(status: int) -> None:
    """A redirect is not followed, and the error contains nothing of the URL but its host."""
    with receiving(status) as receiver, pytest.raises(NotDeliveredError) as raised:
        send(Receiver("webhook", receiver.url, "shared"), EVENT, NOW)
    assert receiver.got == []
    assert str(raised.value) == f"webhook at 127.0.0.1 answered {status}"


def test_an_unreachable_receiver_is_an_error_without_the_url() -> None:
    """The connection error itself would contain the whole URL."""
    with receiving() as receiver:
        gone = Receiver("webhook", receiver.url, "shared")
    with pytest.raises(NotDeliveredError) as raised:
        send(gone, EVENT, NOW)
    assert "SECRET" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert "SECRET" not in repr(gone)


def test_the_addresses_come_from_app_settings() -> None:
    """landfall.yaml names app settings, and contains neither an address nor a secret."""
    assert receivers(BOTH, SET) == (
        Receiver("webhook", SET["HOOK"], "s"),
        Receiver("topic", SET["TOPIC"], "k"),
    )
    assert receivers(Notices(), SET) == ()
    with pytest.raises(ValidationError):
        Notices(webhook="https://example.org/hook", secret="%SECRET%")


@pytest.mark.parametrize("missing", SET)
def test_a_setting_that_is_missing_is_named(missing: str) -> None:
    """There is no half a receiver."""
    with pytest.raises(LookupError, match=missing):
        receivers(BOTH, {name: value for name, value in SET.items() if name != missing})


@pytest.mark.parametrize("url", ["http://example.org", "ftp://x", "example.org", "file:///etc/passwd", " "])
def test_only_https_is_an_address(url: str) -> None:
    """Plain http is allowed for this machine only, for tests."""
    with pytest.raises(ValueError, match="HOOK"):
        receivers(BOTH, {**SET, "HOOK": url})


@pytest.mark.parametrize("half", [{"webhook": "%A%"}, {"topic": "%A%"}])
def test_nothing_goes_out_unsigned(half: dict[str, str]) -> None:
    """A receiver without a secret is a mistake in landfall.yaml."""
    with pytest.raises(ValidationError, match="say which app setting"):
        Notices(**half)
