"""What all routes under the F&O URL share: the URL, and the check of tokens (fno-behaviour 8.3, 8.4)."""

from aiohttp import web
from aiohttp.typedefs import Handler

from fno_emulator.auth.tenant import Tenant
from fno_emulator.odata import envelope


class Service:
    """The F&O URL and the check of tokens.

    Args:
        tenant: verifies tokens.
        prefix: the start of all paths.
        recurring: whether there is a recurring-integrations API.
    """

    def __init__(self, tenant: Tenant, prefix: str = "", *, recurring: bool = True) -> None:
        self.base_url = ""
        """The URL including the prefix; the server sets it once the endpoint listens."""
        self.authority = ""
        """The URL of the web client's sign-in; the server sets it once the endpoint listens."""
        self.prefix = prefix
        self.on_premises = bool(prefix)
        roots = ("/data", "/metadata", "/api") if recurring else ("/data", "/metadata")
        self._roots = tuple(f"{prefix}{one}".lower() for one in roots)
        self._tenant = tenant

    @web.middleware
    async def check_token(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 401 to a call of the API without a valid token, and 403 to a client that is not mapped to a user."""
        if not self._is_api(request):
            return await handler(request)
        client = self.client(request)
        if client is None:
            return web.Response(status=401, headers={**envelope.headers(), "WWW-Authenticate": "Bearer"})
        if not self._tenant.maps(client):
            return web.Response(status=403, headers=envelope.headers())
        return await handler(request)

    def client(self, request: web.Request) -> str | None:
        """The client whose valid token the request carries; None if it carries none."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self._tenant.client_of(token, self.base_url.removesuffix(self.prefix))

    def url_of(self, request: web.Request) -> str:
        """The complete URL of a request."""
        return f"{self.base_url}{request.path_qs.removeprefix(self.prefix)}"

    def context(self, what: str) -> str:
        """The `@odata.context` for a set or a type."""
        return f"{self.base_url}/data/$metadata#{what}"

    def not_found(self, request: web.Request) -> web.Response:
        """404 within the API. On other paths the web client redirects to its sign-in page (fno-behaviour 2.13)."""
        if self._is_api(request):
            return envelope.no_resource(self.url_of(request))
        return web.Response(status=302, headers={"Location": f"{self.authority}/oauth2/authorize"})

    def _is_api(self, request: web.Request) -> bool:
        return request.path.lower().startswith(self._roots)
