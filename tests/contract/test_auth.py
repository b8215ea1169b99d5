"""Tokens and access (fno-behaviour 8)."""

from typing import Any
from uuid import uuid4

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential

from fno_emulator.premises import ON_PREMISES
from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from tests.contract.certificate import new_certificate
from tests.contract.conftest import Caller, token
from tests.contract.package_files import package, part


def secret_credential(ready: dict[str, Any], **changes: str) -> ClientSecretCredential:
    """azure-identity's credential for the client's secret."""
    arguments = {name: ready[name] for name in ("client_id", "client_secret", "authority")}
    return ClientSecretCredential(
        tenant_id=ready["tenant"],
        disable_instance_discovery=True,
        connection_verify=ready["ca"],
        **(arguments | changes),
    )


def test_azure_identity_works_unchanged(fno: Caller) -> None:
    """ClientSecretCredential gets a token over TLS that F&O accepts (fno-behaviour 8.2)."""
    ready = fno.ready
    with secret_credential(ready) as credential:
        issued = credential.get_token(f"{ready['url']}/.default").token
    answer = requests.get(f"{ready['url']}/data/Currencies", headers={"Authorization": f"Bearer {issued}"}, timeout=30)
    assert answer.status_code == 200


def test_wrong_secret_is_refused(fno: Caller) -> None:
    """A wrong secret is refused with Entra's error code (fno-behaviour 8.2)."""
    with (
        secret_credential(fno.ready, client_secret="wrong") as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(f"{fno.ready['url']}/.default")


@pytest.mark.parametrize("scope", ["{url}//.default", "{upper}/.default"])
@pytest.mark.usefixtures("seeded")
def test_audience_is_the_lower_case_url_without_slash(fno: Caller, scope: str) -> None:
    """A token whose audience has a slash or upper case is issued, and refused by F&O (fno-behaviour 8.1)."""
    url = fno.ready["url"]
    issued = token(fno.ready, scope=scope.format(url=url, upper=url.upper())).json()["access_token"]
    answer = requests.get(f"{url}/data/Currencies", headers={"Authorization": f"Bearer {issued}"}, timeout=30)
    assert answer.status_code == 401


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic eDp5"])
def test_invalid_token_is_401(fno: Caller, header: str | None) -> None:
    """Without a valid token everything under /data answers 401 (fno-behaviour 8.3)."""
    headers = {"Authorization": header} if header else {}
    assert requests.get(f"{fno.ready['url']}/data/Currencies", headers=headers, timeout=30).status_code == 401


def test_expired_token_is_401(fno: Caller, running: Emulator) -> None:
    """F&O refuses a token that has expired (fno-behaviour 8.3)."""
    assert fno.get("/data/Currencies").status_code == 200
    running.clock.advance(running.settings.token_seconds + 1)
    assert fno.get("/data/Currencies").status_code == 401


def test_unmapped_client_is_403(fno: Caller) -> None:
    """F&O answers 403 to the token of a client that is not mapped to a user (fno-behaviour 8.4)."""
    fno.control("POST", "clients", {"client_id": "unmapped", "client_secret": "s", "mapped": False})
    issued = token(fno.ready, client_id="unmapped", client_secret="s").json()["access_token"]
    headers = {"Authorization": f"Bearer {issued}"}
    assert requests.get(f"{fno.ready['url']}/data/Currencies", headers=headers, timeout=30).status_code == 403


def test_other_paths_redirect_to_the_sign_in(fno: Caller) -> None:
    """Paths outside the API belong to the web client, which redirects to its sign-in page (fno-behaviour 2.13)."""
    answer = requests.get(f"{fno.ready['url']}/somewhere", allow_redirects=False, timeout=30)
    assert answer.status_code == 302


@pytest.mark.usefixtures("seeded")
def test_tokens_without_tls(fno: Caller) -> None:
    """The emulator also issues tokens over plain HTTP; the metadata there names that endpoint (fno-behaviour 8.2)."""
    plain = f"{fno.ready['plain_authority']}/{fno.ready['tenant']}"
    metadata = requests.get(f"{plain}/v2.0/.well-known/openid-configuration", timeout=30).json()
    assert metadata["token_endpoint"] == f"{plain}/oauth2/v2.0/token"
    assert requests.get(metadata["jwks_uri"], timeout=30).json()["keys"]
    issued = token(fno.ready | {"authority": fno.ready["plain_authority"]}).json()["access_token"]
    headers = {"Authorization": f"Bearer {issued}"}
    assert requests.get(f"{fno.ready['url']}/data/Currencies", headers=headers, timeout=30).status_code == 200


def test_certificate_instead_of_a_secret(fno: Caller) -> None:
    """CertificateCredential gets a token only with the registered certificate (fno-behaviour 8.2)."""
    made = new_certificate()
    fno.control("POST", "clients", {"client_id": "certified", "certificate": made.public})
    arguments = {
        "authority": fno.ready["authority"],
        "disable_instance_discovery": True,
        "connection_verify": fno.ready["ca"],
    }
    scope = f"{fno.ready['url']}/.default"
    with CertificateCredential(
        fno.ready["tenant"], "certified", certificate_data=made.pem(), **arguments
    ) as credential:
        assert credential.get_token(scope).token
    with (
        CertificateCredential(
            fno.ready["tenant"], "certified", certificate_data=new_certificate().pem(), **arguments
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS700027"),
    ):
        credential.get_token(scope)


def test_v1_takes_a_resource(fno: Caller) -> None:
    """The v1 endpoint takes a resource instead of a scope (fno-behaviour 8.2)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": fno.ready["client_id"],
        "client_secret": fno.ready["client_secret"],
        "resource": fno.ready["url"],
    }
    url = f"{fno.ready['authority']}/{fno.ready['tenant']}/oauth2/token"
    issued = requests.post(url, data=form, verify=fno.ready["ca"], timeout=30).json()["access_token"]
    headers = {"Authorization": f"Bearer {issued}"}
    assert requests.get(f"{fno.ready['url']}/data/Currencies", headers=headers, timeout=30).status_code == 200


@pytest.mark.usefixtures("seeded")
def test_on_premises() -> None:
    """Authority, paths, uploads and a raw file's error differ on premises (fno-behaviour 1.10, 2.1, 7.5, 8.5)."""
    groups = package(part("Customer groups", "CUSTOMERGROUPID", "T1"))
    with Emulator(settings=Settings(execution_seconds=0, queue_seconds=0), premises=ON_PREMISES) as emulator:
        ready = emulator.ready
        origin = ready["url"].removesuffix("/namespaces/AXSF")
        assert ready["url"] != origin
        assert ready["tenant"] == "adfs"
        with secret_credential(ready) as credential:
            issued = credential.get_token(f"{origin}/.default").token
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {issued}"
            fno = Caller(ready, session)
            assert fno.run_import(groups)[1] == "Succeeded"
            assert fno.start_import(b"raw file").status_code == 500
            url = fno.write_url("plain")
            assert requests.put(url, data=b"x", timeout=30).status_code == 201
            assert requests.put(f"{url}&comp=block&blockid=YQ==", data=b"x", timeout=30).status_code == 501
            for missing in (f"{origin}/data/Currencies", f"{ready['url']}/api/connector/dequeue/{uuid4()}"):
                assert session.get(missing, allow_redirects=False, timeout=30).status_code == 302
