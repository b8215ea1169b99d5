"""Tokens for F&O, over azure-identity; they live in memory only."""

from dataclasses import dataclass, field
from typing import Protocol

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, CredentialUnavailableError, ManagedIdentityCredential

from landfall.fno.errors import AuthError, NotSentError


class Tokens(Protocol):
    """What the client asks for a bearer token."""

    def get(self, *, fresh: bool = False) -> str:
        """A token for F&O; a `fresh` one was not given out before."""
        ...


@dataclass(frozen=True)
class Identity:
    """Who we are towards Entra ID: with a secret an app registration, without one a managed identity.

    `ca_bundle` is a PEM file of the authorities to trust, for an authority that public ones do not vouch for.
    """

    tenant: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    authority: str = "https://login.microsoftonline.com"
    ca_bundle: str | None = None

    def credential(self) -> TokenCredential:
        """A credential of azure-identity's with an empty cache; AuthError when something is missing."""
        if self.client_secret is None:
            return ManagedIdentityCredential(client_id=self.client_id)
        if self.tenant is None or self.client_id is None:
            raise AuthError(
                "a client secret needs a tenant and a client id: set FNO_TENANT and FNO_CLIENT_ID"
            )
        return ClientSecretCredential(
            self.tenant,
            self.client_id,
            self.client_secret,
            authority=self.authority,
            disable_instance_discovery=True,
            connection_verify=self.ca_bundle or True,
        )


class EntraTokens:
    """Tokens from Entra ID for one F&O environment.

    The audience is the environment's URL in lower case and without a trailing slash, or F&O answers 401
    (fno-behaviour 8.1). azure-identity caches a token and renews it five minutes before it ends.
    """

    def __init__(self, origin: str, identity: Identity) -> None:
        self._scope = f"{origin.rstrip('/').lower()}/.default"
        self._identity = identity
        self._credential = identity.credential()

    def get(self, *, fresh: bool = False) -> str:
        """A token; AuthError when Entra refuses, NotSentError when it does not answer."""
        if fresh:
            self._credential = self._identity.credential()
        try:
            return self._credential.get_token(self._scope).token
        except ClientAuthenticationError as error:
            if not _is_refusal(error):
                raise NotSentError(f"no token for {self._scope}: {error.message}") from None
            who = self._identity.client_id or "the managed identity"
            raise AuthError(
                f"no token for {self._scope} as {who}: {error.message}; "
                "check FNO_TENANT, FNO_CLIENT_ID and FNO_CLIENT_SECRET"
            ) from None
        except Exception as error:  # noqa: BLE001  azure-identity lets its transport's errors through
            raise NotSentError(f"no token for {self._scope}: {error}") from None


def _is_refusal(error: ClientAuthenticationError) -> bool:
    """Whether Entra said no: azure-identity calls it an authentication error too when it cannot be reached."""
    if error.response is not None:
        return error.response.status_code not in {429, *range(500, 600)}
    return error.__cause__ is None or isinstance(error, CredentialUnavailableError)
