"""The tenant: registered applications, the signing key and tokens. It knows nothing of HTTP."""

import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fno_emulator.clock import Clock
from fno_emulator.settings import Settings

KEY_ID = "emulator"
_TOKENS = 256
"""How many verified tokens are cached; verifying a signature takes a third of a short call's time."""
EXCHANGE = "api://AzureADTokenExchange"
"""The audience of tokens that serve as client assertions (fno-behaviour 8.6)."""
CLIENT_ID = "5b6c2a90-3f0e-4a53-9a61-0c5f3c1d7e11"
TENANT_ID = "1c8e6f0a-7b1d-4a7e-8a55-2d6f0f3b9c42"


@dataclass(frozen=True)
class Application:
    """A client. `mapped` says whether F&O lists it under *Microsoft Entra applications* (fno-behaviour 8.4)."""

    client_id: str
    secret: str = ""
    mapped: bool = True
    certificate: str = ""
    """The PEM of the certificate that verifies assertions: the client's, or that of the issuer which it trusts."""
    issuer: str = ""
    """The issuer of a federated credential; its tokens serve as client assertions (fno-behaviour 8.6)."""
    subject: str = ""
    """The subject of a federated credential."""


class Tenant:
    """Issues tokens to applications and verifies them.

    Args:
        folder: keeps the signing key and the secret of the first application.
        clock: the emulator's time, which decides whether a token has expired.
        settings: how long tokens are valid.
    """

    def __init__(self, folder: Path, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / "tenant.json"
        if not state.exists():
            state.touch(mode=0o600)
            state.write_text(json.dumps({"key": _new_key(), "secret": token_urlsafe(24)}), encoding="utf-8")
        kept = json.loads(state.read_text(encoding="utf-8"))
        key = serialization.load_pem_private_key(kept["key"].encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(
                f"{state} contains a key that is not an RSA key. Delete the file; the emulator makes a new one."
            )
        self._key = key
        self._claims = lru_cache(_TOKENS)(self._verify)
        self._applications: dict[str, Application] = {}
        self.first = self.register(Application(CLIENT_ID, kept["secret"]))

    def register(self, application: Application) -> Application:
        """Add or replace an application; returns it."""
        self._applications[application.client_id.lower()] = application
        return application

    def knows(self, client_id: str) -> bool:
        """Whether the client is registered."""
        return client_id.lower() in self._applications

    def accepts(self, client_id: str, secret: str) -> bool:
        """Whether the secret is the client's secret."""
        found = self._applications.get(client_id.lower())
        if found is None or not found.secret:
            return False
        return hmac.compare_digest(found.secret.encode(), secret.encode())

    def accepts_assertion(self, client_id: str, assertion: str, audiences: list[str]) -> bool:
        """Whether a client assertion is valid: it is signed with the client's certificate, for one of the audiences.

        The assertion of a federated credential is a token of its issuer, about its subject, for the token exchange.
        """
        found = self._applications.get(client_id.lower())
        if found is None or not found.certificate:
            return False
        key = x509.load_pem_x509_certificate(found.certificate.encode()).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        try:  # its times are real: the caller does not know the emulated clock
            claims: dict[str, Any] = jwt.decode(
                assertion, key, algorithms=["RS256", "PS256"], audience=EXCHANGE if found.issuer else audiences
            )
        except jwt.InvalidTokenError:
            return False
        wanted = (found.issuer, found.subject) if found.issuer else (client_id, client_id)
        return (claims.get("iss"), claims.get("sub")) == wanted

    def maps(self, client_id: str) -> bool:
        """Whether F&O maps the client to a user."""
        found = self._applications.get(client_id.lower())
        return found is not None and found.mapped

    def token(self, client_id: str, audience: str, issuer: str) -> str:
        """A signed access token for an audience."""
        now = int(self._clock.now().timestamp())
        claims = {
            "aud": audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + self._settings.token_seconds,
            "appid": client_id,
            "oid": str(uuid4()),
            "tid": TENANT_ID,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": KEY_ID})

    def client_of(self, token: str, audience: str) -> str | None:
        """The client to which a token was issued; None if the token is invalid, expired, or for another audience."""
        claims = self._claims(token)
        if claims is None:
            return None
        is_valid = claims["aud"] == audience and claims["exp"] > self._clock.now().timestamp()
        return str(claims["appid"]) if is_valid else None

    def _verify(self, token: str) -> dict[str, Any] | None:
        """The claims of a token; None if its signature is invalid."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        return claims

    def key_set(self) -> dict[str, Any]:
        """The public key as a JWK set."""
        public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
