"""Entity sets over HTTP: read, counted, and written record by record (fno-behaviour 1.6 to 1.9)."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from emulator.control.observer import Observer
from emulator.dmf import records
from emulator.dmf.catalogue import Entity
from emulator.dmf.environment import Environment
from emulator.dmf.records import WriteFailed
from emulator.odata import envelope, keys, queries, rows
from emulator.odata.filtering import FilterInvalid
from emulator.odata.service import Service

_BOM = b"\xef\xbb\xbf"
_ENTITY = r"/data/{collection:\w+}({key:.*})"


class EntityRoutes:
    """The catalogue's public entities, and the framework's own sets for reading.

    Args:
        service: the F&O URL.
        environment: where the rows are.
        observer: logs calls and lets faults strike.
    """

    def __init__(self, service: Service, environment: Environment, observer: Observer) -> None:
        self._service = service
        self._environment = environment
        self._observer = observer

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        prefix = self._service.prefix
        app.router.add_get(prefix + r"/data/{collection:\w+}", self.read)
        app.router.add_post(prefix + r"/data/{collection:\w+}", self.create)
        app.router.add_get(prefix + r"/data/{collection:\w+}/$count", self.count)
        app.router.add_get(prefix + _ENTITY, self.read_one)
        app.router.add_patch(prefix + _ENTITY, self.change)
        app.router.add_delete(prefix + _ENTITY, self.remove)

    async def read(self, request: web.Request) -> web.StreamResponse:
        """A set, page by page."""
        return await self._observed(request, "Read", self._read)

    async def count(self, request: web.Request) -> web.StreamResponse:
        """The number of a set's rows, as text behind a byte order mark."""
        return await self._observed(request, "Count", self._count)

    async def read_one(self, request: web.Request) -> web.StreamResponse:
        """One record by key."""
        return await self._observed(request, "Read", self._read_one)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Insert a record; `dataAreaId` in the body chooses the company."""
        return await self._observed(request, "Create", self._create, await request.read())

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Update a record."""
        return await self._observed(request, "Update", self._change, await request.read())

    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Delete a record."""
        return await self._observed(request, "Delete", self._remove)

    async def _observed(
        self, request: web.Request, verb: str, handle: Callable[..., web.Response], *arguments: bytes
    ) -> web.StreamResponse:
        if refused := self._service.refused(request):
            return refused

        async def work() -> web.Response:
            try:
                return await asyncio.to_thread(handle, request, *arguments)
            except (FilterInvalid, ValueError) as error:
                return envelope.error(str(error), "Microsoft.OData.ODataException")
            except WriteFailed as error:
                return envelope.error(str(error))

        return await self._observer.observe(request, f"{verb} {request.match_info['collection']}", {}, work)

    def _read(self, request: web.Request) -> web.Response:
        collection = request.match_info["collection"]
        page = self._environment.settings.page_size
        found = queries.read(self._environment, collection, dict(request.query), page)
        if found is None:
            return envelope.no_resource(self._service.asked(request))
        if skip := found.pop("skip", 0):
            following = request.rel_url.update_query({"$skiptoken": str(skip)})
            path = str(following).removeprefix(self._service.prefix)
            found["@odata.nextLink"] = f"{self._service.base_url}{path}"
        return envelope.answer({"@odata.context": self._service.context(collection), **found})

    def _count(self, request: web.Request) -> web.Response:
        collection = request.match_info["collection"]
        found = queries.read(
            self._environment, collection, {**request.query, "$count": "true", "$top": "0"}, 1
        )
        if found is None:
            return envelope.no_resource(self._service.asked(request))
        body = _BOM + str(found["@odata.count"]).encode()
        return web.Response(body=body, content_type="text/plain", headers=envelope.headers())

    def _read_one(self, request: web.Request) -> web.Response:
        entity, row = self._found(request)
        if entity is None or row is None:
            return self._not_there(request)
        return envelope.answer(self._shown(entity, row))

    def _create(self, request: web.Request, body: bytes) -> web.Response:
        entity = self._environment.catalogue.by_collection(request.match_info["collection"])
        if entity is None:
            return envelope.no_resource(self._service.asked(request))
        given = _properties(entity, body)
        company = str(given.pop("dataAreaId", "") or self._environment.catalogue.companies[0]).upper()
        made = records.insert(self._environment, entity, company, given)
        response = envelope.answer(self._shown(entity, made), 201)
        response.headers["Location"] = f"{self._service.base_url}/data/{keys.url(entity, made)}"
        return response

    def _change(self, request: web.Request, body: bytes) -> web.Response:
        entity, row = self._found(request)
        if entity is None or row is None:
            return self._not_there(request)
        if conflict := _conflict(request, row):
            return conflict
        given = _properties(entity, body)
        given.pop("dataAreaId", None)
        records.update(self._environment, entity, row, given)
        return web.Response(status=204, headers=envelope.headers())

    def _remove(self, request: web.Request) -> web.Response:
        entity, row = self._found(request)
        if entity is None or row is None:
            return self._not_there(request)
        if conflict := _conflict(request, row):
            return conflict
        records.delete(self._environment, entity, row)
        return web.Response(status=204, headers=envelope.headers())

    def _found(self, request: web.Request) -> tuple[Entity | None, Any]:
        """The entity and the record the URL names; a company beyond the default one wants cross-company=true."""
        entity = self._environment.catalogue.by_collection(request.match_info["collection"])
        key = keys.parse(entity, request.match_info["key"]) if entity else None
        if entity is None or key is None:
            return entity, None
        company, values = key
        everywhere = request.query.get("cross-company", "").lower() == "true"
        if not (entity.shared or everywhere or company == self._environment.catalogue.companies[0]):
            return entity, None
        return entity, records.find(self._environment, entity, company, values)

    def _shown(self, entity: Entity, row: Any) -> dict[str, Any]:
        return {
            "@odata.context": self._service.context(f"{entity.collection}/$entity"),
            **rows.shown(entity, row),
        }

    def _not_there(self, request: web.Request) -> web.Response:
        if self._environment.catalogue.by_collection(request.match_info["collection"]) is None:
            return envelope.no_resource(self._service.asked(request))
        return envelope.answer(
            {"error": {"code": "", "message": "No resources were found when selecting for update."}}, 404
        )


def _properties(entity: Entity, body: bytes) -> dict[str, Any]:
    """The fields of a JSON body.

    Raises:
        ValueError: no object, or a property the entity does not have.
    """
    given = json.loads(body)
    if not isinstance(given, dict):
        raise ValueError("The request body must be an object.")  # noqa: TRY004 - the caller's value is wrong
    known = {one.name for one in entity.fields} | {"dataAreaId"}
    for name in given:
        if name not in known and not name.startswith("@"):
            raise ValueError(
                f"The property '{name}' does not exist on type 'Microsoft.Dynamics.DataEntities.{entity.public_name}'."
            )
    return {name: value for name, value in given.items() if not name.startswith("@")}


def _conflict(request: web.Request, row: Any) -> web.Response | None:
    wanted = request.headers.get("If-Match", "*")
    if wanted in ("*", rows.etag(row["recversion"], row["recid"])):
        return None
    return envelope.error(
        "The record has been changed by another user.", "System.InvalidOperationException", 412
    )
