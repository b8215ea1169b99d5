"""Answers requests for records, sent alone or in a batch (fno-behaviour 1.6 to 1.9)."""

import json
from typing import Any

from aiohttp import web

from fno_emulator.dmf import records
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.model.catalogue import Entity
from fno_emulator.dmf.records import WriteFailed
from fno_emulator.odata import envelope, keys, queries, rows
from fno_emulator.odata.call import Call, NoSuchRecord, NoSuchSet
from fno_emulator.odata.companions import COMPANIONS
from fno_emulator.odata.filtering import FilterInvalid
from fno_emulator.odata.project_calls import ProjectCalls
from fno_emulator.odata.service import Service

_BOM = b"\xef\xbb\xbf"


class RecordCalls:
    """Reads and writes the entities of the catalogue and the projects, and reads the framework's other sets.

    Args:
        service: the F&O URL.
        environment: where rows and projects are stored.
    """

    def __init__(self, service: Service, environment: Environment) -> None:
        self._service = service
        self._environment = environment
        self._projects = ProjectCalls(environment)

    def answer(self, call: Call) -> web.Response:
        """Carry out a request; returns the answer, which may be a refusal."""
        try:
            return self._answer(call)
        except (FilterInvalid, ValueError) as error:
            return envelope.error(str(error), envelope.ODATA_ERROR)
        except WriteFailed as error:
            return envelope.error(str(error))
        except NoSuchSet:
            return envelope.no_resource(f"{self._service.base_url}{call.url}")
        except NoSuchRecord:
            return envelope.no_record()

    def _answer(self, call: Call) -> web.Response:
        if write := self._projects.write_of(call):
            return self._project_answer(call, write())
        handle = {
            ("GET", False, False): self._read,
            ("GET", False, True): self._count,
            ("GET", True, False): self._read_one,
            ("POST", False, False): self._create,
            ("PATCH", True, False): self._change,
            ("PUT", True, False): self._change,
            ("DELETE", True, False): self._change,
        }.get((call.method, call.key is not None, call.counted))
        if handle is None:
            raise NoSuchSet
        return handle(call)

    def _read(self, call: Call) -> web.Response:
        page = self._environment.settings.page_size
        found = queries.read(self._environment, call.collection, dict(call.url.query), page)
        if skip := found.pop("skip", 0):
            following = call.url.update_query({"$skiptoken": str(skip)})
            found["@odata.nextLink"] = f"{self._service.base_url}{following}"
        return envelope.answer({"@odata.context": self._service.context(call.collection), **found})

    def _count(self, call: Call) -> web.Response:
        options = {**call.url.query, "$count": "true", "$top": "0"}
        found = queries.read(self._environment, call.collection, options, 1)
        body = _BOM + str(found["@odata.count"]).encode()
        return web.Response(body=body, content_type="text/plain", headers=envelope.headers())

    def _read_one(self, call: Call) -> web.Response:
        if call.collection in COMPANIONS:
            return self._companion(call, keys.pairs(call.key or "") or {})
        entity, row = self._find(call)
        row = queries.one(self._environment, call.collection, rows.to_json(entity, row), dict(call.url.query))
        return envelope.answer(self._with_context(entity, row))

    def _project_answer(self, call: Call, key: dict[str, str]) -> web.Response:
        """The answer to a write to a project: the new record, or nothing."""
        if call.method != "POST":
            return web.Response(status=204, headers=envelope.headers())
        made = self._companion(call, key)
        made.set_status(201)
        return made

    def _companion(self, call: Call, key: dict[str, str]) -> web.Response:
        found = queries.companion(self._environment, call.collection, key, dict(call.url.query))
        if found is None:
            raise NoSuchRecord
        context = self._service.context(f"{call.collection}/$entity")
        return envelope.answer({"@odata.context": context, **found})

    def _create(self, call: Call) -> web.Response:
        entity = self._entity(call)
        given = _properties(entity, call.body)
        company = str(given.pop("dataAreaId", "") or self._environment.catalogue.companies[0]).upper()
        made = records.insert(self._environment, entity, company, given)
        response = envelope.answer(self._with_context(entity, rows.to_json(entity, made)), 201)
        response.headers["Location"] = f"{self._service.base_url}/data/{keys.url(entity, made)}"
        return response

    def _change(self, call: Call) -> web.Response:
        entity, row = self._find(call)
        if call.if_match not in ("*", rows.etag(row["recversion"], row["recid"])):
            return envelope.error("The record has been changed by another user.", status=412)
        if call.method == "DELETE":
            records.delete(self._environment, entity, row)
        else:
            given = _properties(entity, call.body)
            given.pop("dataAreaId", None)
            if call.method == "PUT":  # fields that are not given return to their defaults
                given = {one.name: "" for one in entity.fields} | given
            records.update(self._environment, entity, row, given)
        return web.Response(status=204, headers=envelope.headers())

    def _entity(self, call: Call) -> Entity:
        found = self._environment.catalogue.by_collection(call.collection)
        if found is None:
            raise NoSuchSet
        return found

    def _find(self, call: Call) -> tuple[Entity, Any]:
        """The entity and the record that the URL names. Companies other than the default need cross-company=true."""
        entity = self._entity(call)
        company, values = keys.parse(entity, call.key or "")
        everywhere = call.url.query.get("cross-company", "").lower() == "true"
        reachable = entity.shared or everywhere or company == self._environment.catalogue.companies[0]
        found = records.find(self._environment, entity, company, values) if reachable else None
        if found is None:
            raise NoSuchRecord
        return entity, found

    def _with_context(self, entity: Entity, row: rows.Row) -> dict[str, Any]:
        return {"@odata.context": self._service.context(f"{entity.collection}/$entity"), **row}


def _properties(entity: Entity, body: bytes) -> dict[str, Any]:
    """The fields of a JSON body.

    Raises:
        ValueError: the body is not an object, or the entity lacks one of its properties.
    """
    given = json.loads(body)
    if not isinstance(given, dict):
        raise ValueError("The request body must be an object.")  # noqa: TRY004 - the value comes from the caller
    properties = {one.name for one in entity.fields} | {"dataAreaId"}
    for name in given:
        if name not in properties and not name.startswith("@"):
            raise ValueError(
                f"The property '{name}' does not exist on type 'Microsoft.Dynamics.DataEntities.{entity.public_name}'."
            )
    return {name: value for name, value in given.items() if not name.startswith("@")}
