"""`/data`, `/data/$metadata` and `/metadata/*`: reading only."""

import re
from typing import Any

from aiohttp import web

from emulator.dmf.catalogue import Catalogue
from emulator.odata import envelope, metadata
from emulator.odata.service import Service

_NAMED = re.compile(r"PublicEntities\('(\w+)'\)")


class MetadataRoutes:
    """The service's description of itself.

    Args:
        service: the F&O URL.
        catalogue: what there is to describe.
    """

    def __init__(self, service: Service, catalogue: Catalogue) -> None:
        self._service = service
        self._catalogue = catalogue

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        prefix = self._service.prefix
        app.router.add_get(f"{prefix}/data", self.document)
        app.router.add_get(f"{prefix}/data/$metadata", self.schema)
        app.router.add_get(f"{prefix}/metadata/{{what}}", self.described)

    async def document(self, request: web.Request) -> web.StreamResponse:
        """The service document."""
        if refused := self._service.refused(request):
            return refused
        value = metadata.service_document(self._catalogue)
        return envelope.answer({"@odata.context": f"{self._service.base_url}/data/$metadata", "value": value})

    async def schema(self, request: web.Request) -> web.StreamResponse:
        """The schema as XML."""
        if refused := self._service.refused(request):
            return refused
        body = metadata.schema(self._catalogue).encode()
        return web.Response(body=body, content_type="application/xml", headers=envelope.headers())

    async def described(self, request: web.Request) -> web.StreamResponse:
        """One of the metadata sets, or one public entity by name."""
        if refused := self._service.refused(request):
            return refused
        found = self._described(request.match_info["what"])
        if found is None:
            return envelope.no_resource(self._service.asked(request))
        return envelope.answer({"@odata.context": f"{self._service.base_url}/metadata/$metadata", **found})

    def _described(self, what: str) -> dict[str, Any] | None:
        sets = {
            "DataEntities": metadata.data_entities,
            "PublicEntities": metadata.public_entities,
            "PublicEnumerations": metadata.public_enumerations,
        }
        if what in sets:
            return {"value": sets[what](self._catalogue)}
        match = _NAMED.fullmatch(what)
        wanted = match[1] if match else ""
        return next((one for one in metadata.public_entities(self._catalogue) if one["Name"] == wanted), None)
