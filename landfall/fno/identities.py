"""Who we are towards the authority that issues tokens for F&O, as credentials of azure-identity."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)

from landfall.fno.errors import AuthError

PUBLIC_CLOUD = "https://login.microsoftonline.com"
EXCHANGES = {
    "login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
    "login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
}
"""The audience of tokens that vouch for an app registration, by authority of sovereign clouds."""
UNRESOLVED = "@Microsoft.KeyVault("
"""How a Key Vault reference begins that the platform could not resolve: the app gets the reference itself."""
PEM = b"-----BEGIN"


@dataclass(frozen=True)
class Identity:
    """Who we are, in one of four ways.

    * a managed identity: nothing but, where it is a user-assigned one, its `client_id`;
    * an app registration (`tenant`, `client_id`) that trusts the managed identity with the client id
      `managed_identity`, also from another tenant;
    * one with a certificate and its private key: a PEM or PFX file, or the same as text (PFX as base64, as Key Vault
      gives it out);
    * one with a client secret.

    With the tenant `adfs` the `authority` is an AD FS. `ca_bundle` is a PEM file of the authorities to trust, instead
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

    @property
    def name(self) -> str:
        """How an error names us."""
        return self.client_id or "the managed identity"

    def credential(self) -> TokenCredential:
        """A credential with an empty cache; AuthError names the settings that are missing or too many."""
        if (kind := self._kind()) is None:
            return ManagedIdentityCredential(client_id=self.client_id)
        if self.tenant is None or self.client_id is None:
            raise AuthError(f"{kind} needs a tenant and a client id: set FNO_TENANT and FNO_CLIENT_ID")
        options: dict[str, Any] = {
            "authority": self.authority,
            "disable_instance_discovery": True,
            "connection_verify": self.ca_bundle or True,
        }
        if self.client_secret is not None:
            secret = _resolved(self.client_secret, "FNO_CLIENT_SECRET")
            return ClientSecretCredential(self.tenant, self.client_id, secret, **options)
        if self.managed_identity is not None:
            return ClientAssertionCredential(self.tenant, self.client_id, self._vouching(), **options)
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
                f"the certificate cannot be used: {error}; it must be PEM or PFX and hold its RSA private key"
            ) from None

    def _kind(self) -> str | None:
        """What proves that we are the app registration; None for a managed identity by itself."""
        given = {
            "FNO_CLIENT_SECRET": self.client_secret,
            "FNO_CERTIFICATE": self.certificate,
            "FNO_CERTIFICATE_FILE": self.certificate_file,
            "FNO_MANAGED_IDENTITY": self.managed_identity,
        }
        named = [name for name, value in given.items() if value is not None]
        if len(named) > 1:
            raise AuthError(f"set only one of {' and '.join(named)}: each alone says who we are")
        return named[0] if named else None

    def _vouching(self) -> Callable[[], str]:
        """What gets a token of the managed identity, new for each of the app registration's."""
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
            raise AuthError("FNO_CERTIFICATE is neither PEM nor a PFX in base64") from None


def exchange_of(authority: str) -> str:
    """What a token must be for that vouches for an app registration at this authority (fno-behaviour 8.6)."""
    return EXCHANGES.get(urlsplit(authority).hostname or "", "api://AzureADTokenExchange")


def _resolved(value: str, setting: str) -> str:
    """A value that may have come from Key Vault; AuthError when it did not come."""
    if value.startswith(UNRESOLVED):
        raise AuthError(
            f"{setting} still is a Key Vault reference: the platform could not read the secret. Give the app's identity "
            "the role Key Vault Secrets User, and see the setting's status in the portal"
        )
    return value
