"""Tokens for F&O, over azure-identity; they live in memory only."""

import base64
import binascii
import json
from typing import Protocol

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError

from landfall.fno.addresses import audience
from landfall.fno.errors import AuthError, NotSentError
from landfall.fno.identities import Identity


class Tokens(Protocol):
    """What the client asks for a bearer token."""

    def get(self, *, fresh: bool = False) -> str:
        """A token for F&O; a `fresh` one was not given out before."""
        ...


class EntraTokens:
    """Tokens from Entra ID or AD FS for one F&O environment.

    azure-identity caches a token and renews it five minutes before it ends, so that a long call does not outlive it.
    """

    def __init__(self, origin: str, identity: Identity) -> None:
        self._scope = f"{audience(origin)}/.default"
        self._identity = identity
        self._credential = identity.credential()

    def get(self, *, fresh: bool = False) -> str:
        """A token; AuthError when the authority refuses, NotSentError when it does not answer."""
        if fresh:
            self._credential = self._identity.credential()
        try:
            return self._credential.get_token(self._scope).token
        except ClientAuthenticationError as error:
            if not _is_refusal(error):
                raise NotSentError(f"no token for {self._scope}: {error.message}") from None
            raise AuthError(
                f"no token for {self._scope} as {self._identity.name}: {error.message}; "
                "check FNO_TENANT, FNO_CLIENT_ID and what proves it: secret, certificate or managed identity"
            ) from None
        except Exception as error:  # noqa: BLE001  azure-identity lets its transport's errors through
            raise NotSentError(f"no token for {self._scope}: {error}") from None


def application_of(token: str) -> str | None:
    """The client id that F&O reads in a token and looks up in its list; None in a token that cannot be read.

    Also tells that of a system-assigned identity, which no setting names.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("appid") or claims.get("azp") or "") or None
    except (LookupError, ValueError, AttributeError, binascii.Error):
        return None


def _is_refusal(error: ClientAuthenticationError) -> bool:
    """Whether the authority said no: azure-identity calls it an authentication error too when it cannot be reached."""
    if error.response is not None:
        return error.response.status_code not in {429, *range(500, 600)}
    return error.__cause__ is None or isinstance(error, CredentialUnavailableError)
