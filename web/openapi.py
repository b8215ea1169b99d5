"""The OpenAPI 3.1 document, made from the registered routes and their models."""

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
"""How requests are authenticated, by the setting access.sign_in."""
ABOUT = (
    "Runs of imports and exports: their results, and what a person can do about them. Errors are problem details "
    "(RFC 9457). Inputs are ids and names, never URLs."
)
PARTIAL = "The part of the file that the Range header asks for (bytes=0-1023)"


class Document(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""


@endpoint(bp, Endpoint("GET", "openapi.json", {HTTPStatus.OK: [Document]}))
def get_openapi(call: Call) -> Document:  # noqa: ARG001
    """Describe this API."""
    return Document(document())


@cache
def document() -> dict[str, Any]:
    """The description of every registered endpoint."""
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
        if each.query:  # described by its parameters
            components.pop(_name(schemas, each.query), None)
    security = SECURITY[plan().access.sign_in]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Landfall", "version": "1", "description": ABOUT},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": security},
        "security": [{name: []} for name in security],
    }


def _models(declared: Endpoint) -> Iterator[tuple[Any, JsonSchemaMode]]:
    for model in (declared.query, declared.body):
        if isinstance(model, type):
            yield model, "validation"
    for contents in declared.answers.values():
        yield from ((content, "serialization") for content in contents if not isinstance(content, str))


def _operation(declared: Endpoint, schemas: Schemas, components: dict[str, Any]) -> dict[str, Any]:
    summary, _, more = declared.about.partition("\n")
    operation = {
        "operationId": declared.name,
        "tags": [declared.tag],
        "summary": summary,
        "description": f"{' '.join(more.split())}{_role(declared)}".strip(),
        "parameters": [*_parameters(declared, schemas, components)],
        "responses": {
            **{str(int(status)): _answer(status, each, schemas) for status, each in declared.answers.items()},
            **{str(int(status)): _refusal(status, schemas) for status in sorted(_refusals(declared))},
        },
    }
    if declared.own_key:
        operation["security"] = []
    if declared.body:
        content = {declared.body: {}} if isinstance(declared.body, str) else _json(declared.body, "validation", schemas)
        operation["requestBody"] = {"content": content, "required": _is_needed(declared.body)}
    return operation


def _role(declared: Endpoint) -> str:
    return "" if declared.own_key else f" Needs the role {declared.role} when the app has a sign-in."


def _is_needed(body: type | str) -> bool:
    """Whether a body must be sent: a file, or a model with a required field."""
    return isinstance(body, str) or any(each.is_required() for each in body.model_fields.values())  # type: ignore[attr-defined]


def _parameters(declared: Endpoint, schemas: Schemas, components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", declared.path):
        schema = TypeAdapter(declared.named).json_schema()
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if declared.query:
        model = components[_name(schemas, declared.query)]
        for name, schema in model["properties"].items():
            about = {"description": schema["description"]} if "description" in schema else {}
            required = name in model.get("required", ())
            yield {"name": name, "in": "query", "required": required, "schema": _parameter(schema), **about}
    if declared.repeatable:
        about = {"description": "Requests with the same key are carried out once."}
        yield {"name": KEY, "in": "header", "schema": TypeAdapter(IdempotencyKey).json_schema(), **about}


def _name(schemas: Schemas, model: type) -> str:
    return str(schemas[model, "validation"]["$ref"].rpartition("/")[2])


def _parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter's schema, without null: a parameter that has no value is left out."""
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
    description = PARTIAL if status == HTTPStatus.PARTIAL_CONTENT else status.phrase
    return {"description": description, "content": content}


def _json(model: Content, mode: JsonSchemaMode, schemas: Schemas) -> dict[str, Any]:
    return {JSON: {"schema": schemas[model, mode]}}


def _refusal(status: HTTPStatus, schemas: Schemas) -> dict[str, Any]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"description": "No function key, or no sign-in"}
    content = {MEDIA_TYPE: {"schema": schemas[Problem, "serialization"]}}
    return {"description": status.phrase, "content": content}


def _refusals(declared: Endpoint) -> set[HTTPStatus]:
    """The statuses that follow from how requests are checked, and those that the route declares."""
    found = {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, *declared.refusals}
    if declared.query or declared.body or declared.repeatable:
        found.add(HTTPStatus.BAD_REQUEST)
    if declared.role == Role.OPERATE:
        found.add(HTTPStatus.FORBIDDEN)
    if declared.body:
        found.add(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return found
