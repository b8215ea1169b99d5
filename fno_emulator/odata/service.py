"""What every route under the F&O URL shares: its address, and who may come in (fno-behaviour 8.3, 8.4)."""

from aiohttp import web

from fno_emulator.auth.tenant import Tenant
from fno_emulator.odata import envelope


class Service:
    """The F&O URL and its door.

    Args:
        tenant: knows whose token is good.
        prefix: what all paths begin with.
        recurring: whether the recurring-integrations API is there.
    """

    def __init__(self, tenant: Tenant, prefix: str = "", *, recurring: bool = True) -> None:
        self.base_url = ""
        """Set once the endpoint listens; ends with the prefix."""
        self.authority = ""
        """Where the web client sends who is not signed in; set once it listens."""
        self.prefix = prefix
        self.on_premises = bool(prefix)
        self._served = ("/data", "/metadata", "/api") if recurring else ("/data", "/metadata")
        self._tenant = tenant

    def refused(self, request: web.Request) -> web.Response | None:
        """401 without a good token, 403 for a client that is not mapped, None for whoever may come in."""
        client = self.client(request)
        if client is None:
            return web.Response(status=401, headers={**envelope.headers(), "WWW-Authenticate": "Bearer"})
        if not self._tenant.maps(client):
            return web.Response(status=403, headers=envelope.headers())
        return None

    def client(self, request: web.Request) -> str | None:
        """The client whose good token the request carries."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self._tenant.client_of(token, self.base_url.removesuffix(self.prefix))

    def asked(self, request: web.Request) -> str:
        """The URL as the caller wrote it."""
        return f"{self.base_url}{request.path_qs.removeprefix(self.prefix)}"

    def context(self, what: str) -> str:
        """An `@odata.context`."""
        return f"{self.base_url}/data/$metadata#{what}"

    def nowhere(self, request: web.Request) -> web.Response:
        """No such resource; outside the API that is the web client, which redirects to its sign-in page (fno-behaviour 2.13)."""
        known = tuple((self.prefix + one).lower() for one in self._served)
        if not request.path.lower().startswith(known):
            return web.Response(status=302, headers={"Location": f"{self.authority}/oauth2/authorize"})
        return self.refused(request) or envelope.no_resource(self.asked(request))
