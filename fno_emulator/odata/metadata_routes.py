"""The routes `/data`, `/data/$metadata` and `/metadata/*`, which are read-only."""

import re
from typing import Any

from aiohttp import web

from fno_emulator.dmf.model.catalogue import Catalogue
from fno_emulator.odata import envelope, keys, metadata, queries
from fno_emulator.odata.filtering import FilterInvalid
from fno_emulator.odata.service import Service

_NAMED = re.compile(r"(?P<set>\w+)\((?P<key>.+)\)")
_SETS = {
    "DataEntities": metadata.data_entities,
    "PublicEntities": metadata.public_entities,
    "PublicEnumerations": metadata.public_enumerations,
}
_PAGE_SIZE = 1_000_000
"""Larger than any of these sets, which F&O does not page."""


class MetadataRoutes:
    """The routes of the service's metadata.

    Args:
        service: the F&O URL.
        catalogue: has the entities.
    """

    def __init__(self, service: Service, catalogue: Catalogue) -> None:
        self._service = service
        self._catalogue = catalogue

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        prefix = self._service.prefix
        app.router.add_get(f"{prefix}/data", self.document)
        app.router.add_get(f"{prefix}/data/$metadata", self.schema)
        app.router.add_get(f"{prefix}/{{root:(?i:metadata)}}/{{what}}", self.metadata)

    async def document(self, _: web.Request) -> web.StreamResponse:
        """The service document."""
        value = metadata.service_document(self._catalogue)
        return envelope.answer({"@odata.context": f"{self._service.base_url}/data/$metadata", "value": value})

    async def schema(self, _: web.Request) -> web.StreamResponse:
        """The schema, `$metadata`, as XML."""
        body = metadata.schema(self._catalogue).encode()
        return web.Response(body=body, content_type="application/xml", headers=envelope.headers())

    async def metadata(self, request: web.Request) -> web.StreamResponse:
        """One of the metadata sets, or one public entity by name."""
        try:
            found = self._find(request.match_info["what"], dict(request.query))
        except FilterInvalid as error:
            return envelope.error(str(error), envelope.ODATA_ERROR)
        if found is None:
            return envelope.no_resource(self._service.url_of(request))
        return envelope.answer({"@odata.context": f"{self._service.base_url}/metadata/$metadata", **found})

    def _find(self, what: str, options: dict[str, str]) -> dict[str, Any] | None:
        if what in _SETS:
            return queries.apply(_SETS[what](self._catalogue), options, _PAGE_SIZE)
        match = _NAMED.fullmatch(what)
        key = keys.pairs(match["key"]) if match else None
        if match is None or key is None:
            return None
        if match["set"] == "Labels":
            return metadata.label(self._catalogue, key.get("Id", ""), key.get("Language", ""))
        named = _SETS[match["set"]](self._catalogue) if match["set"] in _SETS else []
        return next((one for one in named if one["Name"] == key.get("")), None)
