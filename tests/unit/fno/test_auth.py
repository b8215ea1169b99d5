"""Signing in to F&O."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential

from landfall.fno.auth import EntraTokens, Identity, application_of, exchange_of
from landfall.fno.errors import AuthError, NotSentError


def test_a_secret_means_an_app_registration() -> None:
    """Tenant, client ID and secret sign in as an app registration."""
    identity = Identity("t0000000-0000-0000-0000-000000000000", "app", "s3cr3t")
    assert isinstance(identity.credential(), ClientSecretCredential)


def test_no_secret_means_a_managed_identity() -> None:
    """Without a secret the app signs in as a managed identity."""
    assert isinstance(Identity(client_id="app").credential(), ManagedIdentityCredential)


@pytest.mark.parametrize("identity", [Identity(client_secret="s3cr3t"), Identity("t", None, "s3cr3t")])
def test_half_an_identity_is_refused(identity: Identity) -> None:
    """The error names the missing settings and does not show the secret."""
    with pytest.raises(AuthError, match="set FNO_TENANT and FNO_CLIENT_ID") as raised:
        identity.credential()
    assert "s3cr3t" not in f"{raised.value}{identity!r}"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"client_secret": "s3cr3t", "certificate_file": "x.pem"},
            "only one of FNO_CLIENT_SECRET and FNO_CERT",
        ),
        ({"certificate_file": "/nowhere/x.pem"}, "FNO_CERTIFICATE_FILE: No such file"),
        ({"certificate": "s3cr3t!"}, "neither PEM nor a PFX in base64"),
        ({"certificate": "czNjcjN0"}, "The certificate cannot be used"),
        ({"certificate": "-----BEGIN s3cr3t"}, "The certificate cannot be used"),
        ({"certificate": "@Microsoft.KeyVault(VaultName=v;SecretName=s)"}, "role Key Vault Secrets User"),
        ({"client_secret": "@Microsoft.KeyVault(VaultName=v;SecretName=s)"}, "role Key Vault Secrets User"),
    ],
)
def test_a_proof_that_cannot_be_used_is_explained(settings: dict[str, str], said: str) -> None:
    """The error for a proof that cannot be used says what to do, and never shows the secret."""
    with pytest.raises(AuthError, match=said) as raised:
        Identity(tenant="t", client_id="app", **settings).credential()
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize(
    ("authority", "audience"),
    [
        ("https://login.microsoftonline.com", "api://AzureADTokenExchange"),
        ("https://login.microsoftonline.us/", "api://AzureADTokenExchangeUSGov"),
        ("https://login.partner.microsoftonline.cn", "api://AzureADTokenExchangeChina"),
    ],
)
def test_each_cloud_has_its_exchange(authority: str, audience: str) -> None:
    """Each cloud's authority accepts assertions for its own audience (fno-behaviour 8.6)."""
    assert exchange_of(authority) == audience


@pytest.mark.parametrize(
    ("payload", "client"),
    [({"appid": "v1"}, "v1"), ({"azp": "v2"}, "v2"), ({}, None), ([], None), (None, None)],
)
def test_the_client_id_is_read_from_the_token(payload: object, client: str | None) -> None:
    """The client ID is read from the token; a token that cannot be read has none."""
    text = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    assert application_of(f"e30.{text}.sig") == client
    assert application_of(text) is None


@pytest.mark.slow
def test_an_authority_that_does_not_answer_means_not_sent() -> None:
    """An authority that does not answer means that nothing was sent to F&O."""
    identity = Identity("00000000-0000-0000-0000-000000000000", "app", "s3cr3t", authority="https://127.0.0.1:9")
    with pytest.raises(NotSentError, match=r"Cannot get a token for https://contoso\.dynamics\.com/\.default"):
        EntraTokens("https://Contoso.dynamics.com/", identity).get()


@dataclass(frozen=True)
class Refused(Identity):
    """An identity to which the authority gives no token; azure-identity's error has this message."""

    message: str = ""

    def credential(self) -> Any:
        """Return a credential that raises the error."""
        return self

    def get_token(self, _scope: str) -> AccessToken:
        """Raise the error."""
        raise ClientAuthenticationError(f"Authentication failed: {self.message}")


@pytest.mark.parametrize(
    ("message", "refused", "remedy"),
    [
        (
            "AADSTS7000215: no",
            "the client secret of app a (AADSTS7000215).",
            "Set a valid FNO_CLIENT_SECRET.",
        ),
        ("AADSTS7000222: no", "the expired client secret of app a (", "Set a new FNO_CLIENT_SECRET."),
        ("AADSTS700027: no", "the certificate or assertion of app a (", "to the app registration."),
        ("AADSTS700016: no", "app a: tenant t does not have it (", "Check FNO_CLIENT_ID and FNO_TENANT."),
        ("AADSTS90002: no", "tenant t: it does not exist (", "Check FNO_TENANT."),
        ("AADSTS500011: no", "a token for https://contoso.dynamics.com/.default: ", "Check FNO_URL."),
        ("MSIS9605: no", "refused a a token for https://contoso", "FNO_CLIENT_ID and FNO_CERTIFICATE."),
    ],
)
def test_a_refused_token_is_explained(message: str, refused: str, remedy: str) -> None:
    """The error says what the authority refused, its code, and which setting to correct."""
    identity = Refused(tenant="t", client_id="a", certificate="c", message=message)
    with pytest.raises(AuthError) as raised:
        EntraTokens("https://contoso.dynamics.com", identity).get()
    said = str(raised.value)
    assert refused in said
    assert message.partition(":")[0] in said
    assert said.endswith(remedy)
