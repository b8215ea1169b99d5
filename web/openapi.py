"""The OpenAPI 3.1 document, made of the registered routes and of the models that they take and give."""

import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
from pydantic import RootModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from landfall.config.settings import plan
from web.access import Role
from web.endpoints import ENDPOINTS, JSON, KEY, Call, Content, Endpoint, IdempotencyKey, endpoint
from web.problems import MEDIA_TYPE, Problem

bp = df.Blueprint()

Schemas = dict[tuple[Any, JsonSchemaMode], dict[str, Any]]
REF = "#/components/schemas/{model}"
SECURITY: dict[bool, dict[str, Any]] = {
    False: {"functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
    True: {"signIn": {"type": "http", "scheme": "bearer", "bearerFormat": "an Entra token for this app"}},
}
"""How one gets in, by the setting access.sign_in."""
ABOUT = (
    "Runs of imports and exports: what became of them, and what a person may do about them. Errors are problem "
    "details (RFC 9457). Inputs are ids and names, never URLs."
)
WHOLE_IN_PARTS = "The part of the file that a Range header asks for (bytes=0-1023)"


class Document(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""


@endpoint(bp, Endpoint("GET", "openapi.json", {HTTPStatus.OK: [Document]}))
def get_openapi(call: Call) -> Document:  # noqa: ARG001
    """Describe this API."""
    return Document(document())


@cache
def document() -> dict[str, Any]:
    """The description of every route that was registered as an endpoint."""
    used: dict[tuple[Any, JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for each in ENDPOINTS:
        used |= dict.fromkeys(_models(each))
    schemas, definitions = TypeAdapter.json_schemas(
        [(model, mode, TypeAdapter(model)) for model, mode in used], ref_template=REF
    )
    components = definitions.get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for each in sorted(ENDPOINTS, key=lambda one: (one.path, one.method)):
        operation = _operation(each, schemas, components)
        paths.setdefault(f"/api/{each.path}", {})[each.method.lower()] = operation
    for each in ENDPOINTS:
        if each.query:  # stands in the parameters
            components.pop(_name(schemas, each.query), None)
    security = SECURITY[plan().access.sign_in]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Landfall", "version": "1", "description": ABOUT},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": security},
        "security": [{name: []} for name in security],
    }


def _models(known: Endpoint) -> Iterator[tuple[Any, JsonSchemaMode]]:
    for model in (known.query, known.body):
        if isinstance(model, type):
            yield model, "validation"
    for contents in known.answers.values():
        yield from ((content, "serialization") for content in contents if not isinstance(content, str))


def _operation(known: Endpoint, schemas: Schemas, components: dict[str, Any]) -> dict[str, Any]:
    summary, _, more = known.about.partition("\n")
    operation = {
        "operationId": known.name,
        "tags": [known.tag],
        "summary": summary,
        "description": f"{' '.join(more.split())} Needs the role {known.role} where people sign in.".strip(),
        "parameters": [*_parameters(known, schemas, components)],
        "responses": {
            **{str(int(status)): _answer(status, said, schemas) for status, said in known.answers.items()},
            **{str(int(status)): _refusal(status, schemas) for status in sorted(_refusals(known))},
        },
    }
    if known.body:
        content = (
            {known.body: {}} if isinstance(known.body, str) else _json(known.body, "validation", schemas)
        )
        operation["requestBody"] = {"content": content, "required": _is_needed(known.body)}
    return operation


def _is_needed(body: type | str) -> bool:
    """Whether something must be sent: a file, or a model that has no default for everything."""
    return isinstance(body, str) or any(each.is_required() for each in body.model_fields.values())  # type: ignore[attr-defined]


def _parameters(known: Endpoint, schemas: Schemas, components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", known.path):
        schema = TypeAdapter(known.named).json_schema()
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if known.query:
        model = components[_name(schemas, known.query)]
        for name, schema in model["properties"].items():
            about = {"description": schema["description"]} if "description" in schema else {}
            wanted = name in model.get("required", ())
            yield {"name": name, "in": "query", "required": wanted, "schema": _said(schema), **about}
    if known.repeatable:
        about = {"description": "Repeated with the same key, a request is done once."}
        yield {"name": KEY, "in": "header", "schema": TypeAdapter(IdempotencyKey).json_schema(), **about}


def _name(schemas: Schemas, model: type) -> str:
    return str(schemas[model, "validation"]["$ref"].rpartition("/")[2])


def _said(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter's schema: nothing is said by leaving it out, not by null."""
    kept = {name: value for name, value in schema.items() if name not in {"description", "title"}}
    if "anyOf" in kept:
        kinds = [kind for kind in kept.pop("anyOf") if kind != {"type": "null"}]
        kept.pop("default", None)
        kept |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return kept


def _answer(status: HTTPStatus, contents: Any, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for each in contents:
        content |= {each: {}} if isinstance(each, str) else _json(each, "serialization", schemas)
    said = WHOLE_IN_PARTS if status == HTTPStatus.PARTIAL_CONTENT else status.phrase
    return {"description": said, "content": content}


def _json(model: Content, mode: JsonSchemaMode, schemas: Schemas) -> dict[str, Any]:
    return {JSON: {"schema": schemas[model, mode]}}


def _refusal(status: HTTPStatus, schemas: Schemas) -> dict[str, Any]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"description": "No function key, or nobody signed in"}
    content = {MEDIA_TYPE: {"schema": schemas[Problem, "serialization"]}}
    return {"description": status.phrase, "content": content}


def _refusals(known: Endpoint) -> set[HTTPStatus]:
    """What follows from how requests are checked, and what the route itself refuses."""
    found = {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, *known.refusals}
    if known.query or known.body or known.repeatable:
        found.add(HTTPStatus.BAD_REQUEST)
    if known.changes or known.role == Role.OPERATE:
        found.add(HTTPStatus.FORBIDDEN)
    if known.body:
        found.add(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return found
