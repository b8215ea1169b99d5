"""Signing in to F&O: who the app is, and its tokens, which live in memory only."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
)

from landfall.fno.addresses import audience
from landfall.fno.errors import AuthError, NotSentError
from landfall.fno.unreachable import why_unreachable

PUBLIC_CLOUD = "https://login.microsoftonline.com"
EXCHANGES = {
    "login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
    "login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
}
"""Audiences of the assertions that a sovereign cloud's authority accepts (fno-behaviour 8.6)."""
UNRESOLVED = "@Microsoft.KeyVault("
"""The start of a Key Vault reference. The app gets the reference itself when the platform cannot resolve it."""
PEM = b"-----BEGIN"
REFUSALS = {
    "AADSTS7000215": ("the client secret of app {app}", "Set a valid FNO_CLIENT_SECRET."),
    "AADSTS7000222": ("the expired client secret of app {app}", "Set a new FNO_CLIENT_SECRET."),
    "AADSTS700027": (
        "the certificate or assertion of app {app}",
        "Add the certificate, or the managed identity as a federated credential, to the app registration.",
    ),
    "AADSTS700016": ("app {app}: tenant {tenant} does not have it", "Check FNO_CLIENT_ID and FNO_TENANT."),
    "AADSTS90002": ("tenant {tenant}: it does not exist", "Check FNO_TENANT."),
    "AADSTS500011": ("a token for {scope}: no F&O environment has this address", "Check FNO_URL."),
}
"""Microsoft Entra's error codes: what it refused, and what to do about it."""


class Tokens(Protocol):
    """Where the client gets its bearer tokens."""

    def get(self, *, fresh: bool = False) -> str:
        """Return a token for F&O; a `fresh` one has not been returned before."""
        ...


@dataclass(frozen=True)
class Identity:
    """Who the app is, in one of four ways.

    * A managed identity: nothing else is set, except the `client_id` of a user-assigned one.
    * An app registration (`tenant`, `client_id`) that trusts the managed identity with the client id
      `managed_identity`, also from another tenant.
    * An app registration with a certificate and its private key: a PEM or PFX file, or the same as text (PFX as
      base64, which is how Key Vault returns it).
    * An app registration with a client secret.

    With the tenant `adfs` the `authority` is an AD FS. `ca_bundle` is a PEM file of the authorities to trust instead
    of the public ones.
    """

    tenant: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    certificate_file: str | None = None
    certificate_password: str | None = field(default=None, repr=False)
    managed_identity: str | None = None
    authority: str = PUBLIC_CLOUD
    ca_bundle: str | None = None

    def credential(self) -> TokenCredential:
        """Return a credential with an empty cache; AuthError names the settings that are missing or too many."""
        if (setting := self.proof()) is None:
            return ManagedIdentityCredential(client_id=self.client_id)
        if self.tenant is None or self.client_id is None:
            raise AuthError(f"{setting} needs a tenant and a client ID: set FNO_TENANT and FNO_CLIENT_ID.")
        options: dict[str, Any] = {
            "authority": self.authority,
            "disable_instance_discovery": True,
            "connection_verify": self.ca_bundle or True,
        }
        if self.client_secret is not None:
            secret = _resolved(self.client_secret, "FNO_CLIENT_SECRET")
            return ClientSecretCredential(self.tenant, self.client_id, secret, **options)
        if self.managed_identity is not None:
            return ClientAssertionCredential(self.tenant, self.client_id, self._assertion(), **options)
        try:
            return CertificateCredential(
                self.tenant,
                self.client_id,
                certificate_data=self._certificate(),
                password=self.certificate_password,
                **options,
            )
        except (ValueError, TypeError) as error:
            raise AuthError(
                f"The certificate cannot be used: {error}. It must be PEM or PFX and hold its RSA private key."
            ) from None

    def proof(self) -> str | None:
        """Return the setting that proves that we are the app registration; None for a managed identity by itself."""
        settings = {
            "FNO_CLIENT_SECRET": self.client_secret,
            "FNO_CERTIFICATE": self.certificate,
            "FNO_CERTIFICATE_FILE": self.certificate_file,
            "FNO_MANAGED_IDENTITY": self.managed_identity,
        }
        given = [name for name, value in settings.items() if value is not None]
        if len(given) > 1:
            raise AuthError(f"Set only one of {' and '.join(given)}: each alone says who the app is.")
        return given[0] if given else None

    def _assertion(self) -> Callable[[], str]:
        """Return a function that gets a new token of the managed identity for each of the app registration's."""
        scope = f"{exchange_of(self.authority)}/.default"
        return lambda: ManagedIdentityCredential(client_id=self.managed_identity).get_token(scope).token

    def _certificate(self) -> bytes:
        if self.certificate_file is not None:
            try:
                return Path(self.certificate_file).read_bytes()
            except OSError as error:
                raise AuthError(f"FNO_CERTIFICATE_FILE: {error.strerror}: {self.certificate_file}") from None
        text = _resolved(self.certificate or "", "FNO_CERTIFICATE").encode()
        if PEM in text:
            return text
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise AuthError("FNO_CERTIFICATE is neither PEM nor a PFX in base64.") from None


class EntraTokens:
    """Tokens from Microsoft Entra or AD FS for one F&O environment.

    azure-identity caches a token and renews it five minutes before it expires, so that a long call does not outlive it.
    """

    def __init__(self, origin: str, identity: Identity) -> None:
        self._scope = f"{audience(origin)}/.default"
        self._identity = identity
        self._credential = identity.credential()
        self._answered = False

    def get(self, *, fresh: bool = False) -> str:
        """Return a token; AuthError when the authority refuses, NotSentError when it does not answer."""
        if fresh:
            self._credential = self._identity.credential()
        try:
            token = self._credential.get_token(self._scope).token
        except ClientAuthenticationError as error:
            if not _is_refusal(error):
                raise self._not_sent(error, str(error.message)) from None
            raise AuthError(self._explain(str(error.message))) from None
        except Exception as error:  # noqa: BLE001  azure-identity lets its transport's errors through
            raise self._not_sent(error, str(error)) from None
        self._answered = True
        return token

    def _not_sent(self, error: Exception, message: str) -> NotSentError:
        tried = f"Cannot get a token for {self._scope}"
        why = why_unreachable(error, self._identity.authority, "FNO_AUTHORITY (--authority)")
        if why and self._identity.proof() and not self._answered:
            return NotSentError(f"{tried}. {why}", unreachable=True)
        return NotSentError(f"{tried}: {message}")

    def _explain(self, message: str) -> str:
        """Return what the authority refused, and what to do about it."""
        who = self._identity
        code = re.search(r"AADSTS\d+", message)
        if code and code[0] in REFUSALS:
            refused, remedy = REFUSALS[code[0]]
            refused = refused.format(app=who.client_id, tenant=who.tenant, scope=self._scope)
            return f"Microsoft Entra refused {refused} ({code[0]}). {remedy}"
        app, proof = who.client_id or "the managed identity", who.proof() or "the managed identity"
        return (
            f"The authority refused {app} a token for {self._scope}: {message}. "
            f"Check FNO_TENANT, FNO_CLIENT_ID and {proof}."
        )


def exchange_of(authority: str) -> str:
    """Return the audience of the assertions that this authority accepts (fno-behaviour 8.6)."""
    return EXCHANGES.get(urlsplit(authority).hostname or "", "api://AzureADTokenExchange")


def application_of(token: str) -> str | None:
    """Return the client id that F&O reads in a token and looks up in its list; None if it cannot be read.

    No setting names the client id of a system-assigned identity, but its token does.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("appid") or claims.get("azp") or "") or None
    except (LookupError, ValueError, AttributeError, binascii.Error):
        return None


def _is_refusal(error: ClientAuthenticationError) -> bool:
    """Return whether the authority refused: azure-identity raises the same error when it cannot reach it."""
    if error.response is not None:
        return error.response.status_code not in {429, *range(500, 600)}
    return error.__cause__ is None or isinstance(error, CredentialUnavailableError)


def _resolved(value: str, setting: str) -> str:
    """Return a value that may come from Key Vault; AuthError when it is still a reference."""
    if value.startswith(UNRESOLVED):
        raise AuthError(
            f"{setting} still is a Key Vault reference: the platform could not read the secret. Give the app's identity "
            "the role Key Vault Secrets User, and check the setting's status in the portal."
        )
    return value
