"""Who we are towards Entra ID."""

import base64
import json

import pytest
from azure.identity import ClientSecretCredential, ManagedIdentityCredential

from landfall.fno.auth import EntraTokens, Identity, application_of, exchange_of
from landfall.fno.errors import AuthError, NotSentError


def test_a_secret_means_an_app_registration() -> None:
    """With tenant, client id and secret we sign in as that."""
    identity = Identity("t0000000-0000-0000-0000-000000000000", "app", "s3cr3t")
    assert isinstance(identity.credential(), ClientSecretCredential)


def test_no_secret_means_a_managed_identity() -> None:
    """In Azure there is none to keep."""
    assert isinstance(Identity(client_id="app").credential(), ManagedIdentityCredential)


@pytest.mark.parametrize("identity", [Identity(client_secret="s3cr3t"), Identity("t", None, "s3cr3t")])
def test_half_an_identity_is_refused(identity: Identity) -> None:
    """The message names the settings that are missing, and not the secret."""
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
def test_what_cannot_prove_who_we_are_is_said(settings: dict[str, str], said: str) -> None:
    """Too much, unreadable, or not resolved by the platform: the message says what to do, never the secret."""
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
    """A managed identity's token vouches for a registration of its own cloud (fno-behaviour 8.6)."""
    assert exchange_of(authority) == audience


@pytest.mark.parametrize(
    ("payload", "client"),
    [({"appid": "v1"}, "v1"), ({"azp": "v2"}, "v2"), ({}, None), ([], None), (None, None)],
)
def test_the_client_id_is_read_from_the_token(payload: object, client: str | None) -> None:
    """It is what F&O looks up, also where no setting names it; whatever else comes is no error."""
    text = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    assert application_of(f"e30.{text}.sig") == client
    assert application_of(text) is None


@pytest.mark.slow
def test_an_authority_that_does_not_answer_means_not_sent() -> None:
    """Without a token nothing left for F&O."""
    identity = Identity(
        "00000000-0000-0000-0000-000000000000", "app", "s3cr3t", authority="https://127.0.0.1:9"
    )
    with pytest.raises(
        NotSentError, match=r"Cannot get a token for https://contoso\.dynamics\.com/\.default"
    ):
        EntraTokens("https://Contoso.dynamics.com/", identity).get()
