"""Sends a message once: to a Teams workflow, or by mail through Azure Communication Services."""

import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import AzureError
from azure.identity import ManagedIdentityCredential

from landfall.config.people import Audience
from landfall.fno.connection import Bearer
from landfall.ledger.untold import Fact
from landfall.notices import TIMEOUT_SECONDS, NotDeliveredError
from landfall.people.cards import card_of
from landfall.people.mails import mail_of
from landfall.people.messages import message_of

SCOPE = "https://communication.azure.com/.default"
JSON = {"Content-Type": "application/json; charset=utf-8"}
SEND = "/emails:send?api-version=2023-03-31"


def no_mail_token() -> str:
    """Raise NotDeliveredError: nothing says who the app is."""
    raise NotDeliveredError("the app has no identity for mail")


def mail_token(client_id: str | None) -> Callable[[], str]:
    """A function that gets the managed identity's token for mail; NotDeliveredError where there is none."""
    credential = ManagedIdentityCredential(client_id=client_id)

    def get() -> str:
        try:
            return str(credential.get_token(SCOPE).token)
        except (AzureError, OSError) as error:  # its message may quote the answer
            raise NotDeliveredError(
                f"the app's managed identity got no token for mail: {type(error).__name__}"
            ) from None

    return get


def send_message(audience: Audience, facts: Sequence[Fact], app_url: str, token: Callable[[], str]) -> None:
    """Tell people these facts in one message; NotDeliveredError unless the service takes it.

    Redirects are not followed. The token goes to the mail endpoint only, and nothing but its host is in the error.
    """
    auth = None
    if audience.rule.teams:
        channel, url, body = "Teams workflow", audience.url, card_of(facts, app_url)
    else:
        channel, url = "mail service", audience.url.rstrip("/") + SEND
        body = json.dumps(mail_of(message_of(facts, app_url), audience.rule), ensure_ascii=False).encode()
        auth = Bearer(token())
    host = urlsplit(url).hostname
    try:
        answer = requests.post(url, data=body, headers=JSON, auth=auth, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:  # its message contains the URL
        raise NotDeliveredError(f"the {channel} at {host} did not answer: {type(error).__name__}") from None
    if not answer.ok or answer.is_redirect:
        raise NotDeliveredError(f"the {channel} at {host} answered {answer.status_code}")
