"""The authority's endpoints: OpenID metadata, keys, and tokens for client credentials (fno-behaviour 8)."""

from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from fno_emulator.auth.tenant import TENANT_ID, Tenant
from fno_emulator.control.observer import Observer
from fno_emulator.settings import Settings

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE_SUFFIX = "/.default"


class AuthorityRoutes:
    """The v1 and v2 endpoints of Entra ID for one tenant, or the endpoint of AD FS, whose tenant is `adfs`.

    Args:
        tenant: knows the applications and issues tokens.
        observer: logs the calls, without secrets.
        settings: how long tokens are valid.
        directory: the tenant's name in paths.
    """

    def __init__(self, tenant: Tenant, observer: Observer, settings: Settings, directory: str = TENANT_ID) -> None:
        self.base_url = ""
        """The server sets it once the endpoint listens."""
        self.resource = ""
        """The F&O URL for which callers may request tokens."""
        self._tenant = tenant
        self._directory = directory
        self._observer = observer
        self._settings = settings

    def add_to(self, app: web.Application, below: str = "") -> None:
        """Register the routes, below a path if `below` is given."""
        root = f"{below}/{{tenant}}"
        app.router.add_get(f"{root}/v2.0/.well-known/openid-configuration", self.metadata)
        app.router.add_get(f"{root}/.well-known/openid-configuration", self.metadata)
        app.router.add_get(f"{root}/discovery/v2.0/keys", self.keys)
        app.router.add_post(f"{root}/oauth2/v2.0/token", self.token)
        app.router.add_post(f"{root}/oauth2/token", self.token)

    async def metadata(self, request: web.Request) -> web.Response:
        """The OpenID metadata of v1 or v2.0, depending on the path."""
        version = "/v2.0" if "/v2.0/" in request.path else ""
        root = _root(request)
        return web.json_response(
            {
                "issuer": f"{root}{version}",
                "authorization_endpoint": f"{root}/oauth2{version}/authorize",
                "token_endpoint": f"{root}/oauth2{version}/token",
                "device_authorization_endpoint": f"{root}/oauth2{version}/devicecode",
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "response_types_supported": ["code", "id_token", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def keys(self, _: web.Request) -> web.Response:
        """The public key that verifies tokens."""
        return web.json_response(self._tenant.key_set())

    async def token(self, request: web.Request) -> web.StreamResponse:
        """An access token for a client's secret or assertion."""
        form = await request.post()
        client = str(form.get("client_id", ""))

        async def work() -> web.Response:
            return self._answer(request, client, {k: str(v) for k, v in form.items()})

        return await self._observer.observe(request, "Token", {"client_id": client}, work)

    def _answer(self, request: web.Request, client: str, form: dict[str, str]) -> web.Response:
        tenant = request.match_info["tenant"]
        if tenant.lower() != self._directory:
            return _error(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
        if refusal := self._refusal(_root(request), client, form):
            return refusal
        audience = form.get("resource") or form.get("scope", "").split(" ")[0].removesuffix(SCOPE_SUFFIX)
        if audience.lower().rstrip("/") != self.resource:
            text = f"AADSTS500011: The resource principal named {audience} was not found in the tenant."
            return _error(400, "invalid_resource", text)
        issued = self._tenant.token(client, audience, f"{self.base_url}/{self._directory}/")
        life = self._settings.token_seconds
        body: dict[str, Any] = {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life}
        return web.json_response({**body, "access_token": issued})

    def _refusal(self, root: str, client: str, form: dict[str, str]) -> web.Response | None:
        if not self._tenant.knows(client):
            text = f"AADSTS700016: Application with identifier '{client}' was not found in the directory."
            return _error(400, "unauthorized_client", text)
        if form.get("client_assertion_type") == ASSERTION:
            endpoints = [f"{root}/oauth2/v2.0/token", f"{root}/oauth2/token", f"{root}/v2.0", root]
            if not self._tenant.accepts_assertion(client, form.get("client_assertion", ""), endpoints):
                return _error(401, "invalid_client", "AADSTS700027: Client assertion failed signature validation.")
        elif not self._tenant.accepts(client, form.get("client_secret", "")):
            return _error(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        return None


def _root(request: web.Request) -> str:
    """The tenant's URL in the caller's spelling."""
    tenant = request.match_info["tenant"]
    above, _, _ = request.path.partition(f"/{tenant}/")
    return f"{request.scheme}://{request.host}{above}/{tenant}"


@web.middleware
async def close_connection(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Close the connection after every call, because an open TLS connection delays the emulator's stop."""
    response = await handler(request)
    response.force_close()
    return response


def _error(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)
