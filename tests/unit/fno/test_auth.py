"""Who we are towards Entra ID."""

import pytest
from azure.identity import ClientSecretCredential, ManagedIdentityCredential

from landfall.fno.auth import EntraTokens, Identity
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


@pytest.mark.slow
def test_an_authority_that_does_not_answer_means_not_sent() -> None:
    """Without a token nothing left for F&O."""
    identity = Identity("00000000-0000-0000-0000-000000000000", "app", "s3cr3t", "https://127.0.0.1:9")
    with pytest.raises(NotSentError, match=r"no token for https://contoso\.dynamics\.com/\.default"):
        EntraTokens("https://Contoso.dynamics.com/", identity).get()
