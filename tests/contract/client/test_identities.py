"""Every way of signing in to F&O, with azure-identity's own credentials over TLS (fno-behaviour 8)."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from fno_emulator.auth.tenant import EXCHANGE
from fno_emulator.premises import ON_PREMISES
from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from landfall.fno import EntraTokens, FnoClient, Identity
from landfall.fno.errors import AuthError, ExecutionUnknownError
from tests.contract.certificate import ClientCertificate, new_certificate
from tests.contract.client.conftest import identity_of
from tests.contract.conftest import Caller, emulator_only, token

Ready = dict[str, str]


def lets_in(ready: Ready, **identity: str | None) -> bool:
    """Return whether F&O accepts this identity; the client's AuthError passes through."""
    who = Identity(authority=ready["authority"], ca_bundle=ready["ca"], **identity)
    client = FnoClient(ready["url"], EntraTokens(ready["url"], who), ca_bundle=ready["ca"])
    with pytest.raises(ExecutionUnknownError):
        client.status("nobody")
    return True


@pytest.fixture
def registered(fno: Caller) -> Callable[..., str]:
    """Return a function that registers a client in the emulator's tenant and returns its id."""
    emulator_only("registers clients of its own")

    def register(**about: object) -> str:
        fno.control("POST", "clients", {"client_id": "registered", **about})
        return "registered"

    return register


@pytest.fixture(scope="module")
def certificate() -> ClientCertificate:
    """One certificate for all tests, because keys take time to make."""
    return new_certificate()


def test_client_secret(fno: Caller) -> None:
    """An app registration signs in with a secret."""
    ready = fno.ready
    assert lets_in(ready, tenant=ready["tenant"], client_id=ready["client_id"], client_secret=ready["client_secret"])


@pytest.mark.parametrize("kind", ["pem", "pfx", "encrypted pfx", "pem as text", "pfx as base64"])
def test_certificate(
    fno: Caller, registered: Callable[..., str], certificate: ClientCertificate, tmp_path: Path, kind: str
) -> None:
    """An app registration signs in with a certificate, in a file or as text."""
    who: dict[str, str | None] = {
        "tenant": fno.ready["tenant"],
        "client_id": registered(certificate=certificate.public),
    }
    password = "pass" if kind == "encrypted pfx" else ""
    content = certificate.pem() if kind.startswith("pem") else certificate.pfx(password)
    if kind == "pem as text":
        who["certificate"] = content.decode()
    elif kind == "pfx as base64":
        who["certificate"] = base64.b64encode(content).decode()
    else:
        file = tmp_path / "certificate"
        file.write_bytes(content)
        who |= {"certificate_file": str(file), "certificate_password": password or None}
    assert lets_in(fno.ready, **who)


class Platform(ThreadingHTTPServer):
    """Azure's endpoint for tokens of the app's managed identity."""

    def __init__(self, issue: Callable[[str], str]) -> None:
        self.asked: list[tuple[str, str]] = []
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                resource = query["resource"][0]
                platform.asked.append((resource, query.get("client_id", [""])[0]))
                body = json.dumps(
                    {
                        "access_token": issue(resource),
                        "expires_on": str(int(time.time()) + 3600),
                        "resource": resource,
                        "token_type": "Bearer",
                    }
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[str], str]], Platform]]:
    """Return a function that starts a platform and sets App Service's variables for it."""
    running: list[Platform] = []

    def start(issue: Callable[[str], str]) -> Platform:
        server = Platform(issue)
        running.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        return server

    yield start
    for each in running:
        each.shutdown()
        each.server_close()


@pytest.mark.usefixtures("seeded")
def test_managed_identity(fno: Caller, platform: Callable[[Callable[[str], str]], Platform]) -> None:
    """A managed identity signs in without any secret."""
    azure = platform(lambda _: str(token(fno.ready).json()["access_token"]))
    assert lets_in(fno.ready, client_id="the-identity")
    assert azure.asked == [(fno.ready["url"], "the-identity")]


def test_federated_credential(
    fno: Caller,
    registered: Callable[..., str],
    platform: Callable[[Callable[[str], str]], Platform],
    certificate: ClientCertificate,
) -> None:
    """An app registration that trusts the managed identity signs in with the identity's token as assertion."""
    issuer, subject = "https://login.example/home/v2.0", "object-of-the-identity"

    def vouch(resource: str) -> str:
        now = int(time.time())
        claims = {"iss": issuer, "sub": subject, "aud": resource, "iat": now, "exp": now + 600}
        return jwt.encode(claims, certificate.key, algorithm="RS256")

    azure = platform(vouch)
    client = registered(certificate=certificate.public, issuer=issuer, subject=subject)
    who = {"tenant": fno.ready["tenant"], "client_id": client, "managed_identity": "the-identity"}
    assert lets_in(fno.ready, **who)
    assert azure.asked == [(EXCHANGE, "the-identity")]
    registered(certificate=certificate.public, issuer=issuer, subject="somebody else")
    with pytest.raises(AuthError, match="AADSTS700027"):
        lets_in(fno.ready, **who)


@pytest.mark.parametrize("kind", ["secret", "certificate"])
@pytest.mark.usefixtures("seeded")
def test_ad_fs(kind: str, certificate: ClientCertificate) -> None:
    """On premises AD FS issues the token for the origin (fno-behaviour 8.5)."""
    with Emulator(settings=Settings(), premises=ON_PREMISES) as emulator:
        ready = emulator.ready
        who = {"client_id": ready["client_id"], "client_secret": ready["client_secret"]}
        if kind == "certificate":
            caller = Caller(ready, None)  # type: ignore[arg-type]
            caller.control("POST", "clients", {"client_id": "c", "certificate": certificate.public})
            who = {"client_id": "c", "certificate": certificate.pem().decode()}
        assert lets_in(ready, tenant="adfs", **who)


def test_a_client_that_fno_does_not_accept_is_named(fno: Caller, registered: Callable[..., str]) -> None:
    """The error for a 403 names the client ID and the page of F&O on which to register it (fno-behaviour 8.4)."""
    client = registered(client_secret="s", mapped=False)
    page = "in F&O under System administration > Setup > Microsoft Entra applications"
    with pytest.raises(AuthError, match=f"client ID registered {page}"):
        lets_in(fno.ready, tenant=fno.ready["tenant"], client_id=client, client_secret="s")


@pytest.mark.slow
def test_tokens_are_renewed_before_they_end(fno: Caller) -> None:
    """A token that expires within five minutes is replaced, and one that lives longer is used again."""
    ready = fno.ready
    lived = []
    for seconds in (3599, 310):
        fno.control("PATCH", "settings", {"token_seconds": seconds})
        tokens = EntraTokens(ready["url"], identity_of(ready))
        lived.append((tokens, tokens.get()))
    time.sleep(31)  # azure-identity asks for no token twice within half a minute
    assert [tokens.get() == first for tokens, first in lived] == [True, False]
