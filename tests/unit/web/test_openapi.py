"""The OpenAPI document describes every route and nothing else."""

import json
from typing import Any

import pytest

import web
from web import openapi
from web.endpoints import ENDPOINTS

assert web.PARTS


@pytest.fixture
def document() -> dict[str, Any]:
    """The document, as it is sent."""
    found: dict[str, Any] = json.loads(json.dumps(openapi.document()))
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of all routes."""
    return [
        (method.upper(), path.removeprefix("/api/"), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """The document has exactly the registered endpoints."""
    described = {(method, path) for method, path, _ in operations(document)}
    assert described == {(each.method, each.path) for each in ENDPOINTS}
    assert ("POST", "runs/{id}/attempts") in described


def test_every_route_says_what_it_does_and_who_may(document: dict[str, Any]) -> None:
    """Each has its own summary, its role, and the refusals that follow from the checks of requests."""
    summaries = [operation["summary"] for _, _, operation in operations(document)]
    assert len(set(summaries)) == len(summaries)
    for method, _, operation in operations(document):
        role = "Runs.Read" if method == "GET" else "Runs.Operate"
        needs_role = "security" not in operation
        assert (role in operation["description"]) == needs_role
        assert {"401", "404"} <= set(operation["responses"])
        assert ("403" in operation["responses"]) == (method != "GET" and needs_role)


def test_all_that_is_named_is_there(document: dict[str, Any]) -> None:
    """Every reference leads to a schema, and every schema is referred to."""
    text = json.dumps(document)
    schemas = set(document["components"]["schemas"])
    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == schemas


def test_nothing_internal_is_described(document: dict[str, Any]) -> None:
    """A run has its public fields and none that only the ledger needs."""
    shown = document["components"]["schemas"]["RunView"]["properties"]
    assert {"timeline", "counts", "links", "history", "repairs", "entities"} <= set(shown)
    assert not {"submission", "request_keys", "restarts", "unwanted", "ending"} & set(shown)


def test_parameters_are_described(document: dict[str, Any]) -> None:
    """Each filter has its name and type, and none of them allows null."""
    parameters = {each["name"]: each for each in document["paths"]["/api/runs"]["get"]["parameters"]}
    assert parameters["since"]["schema"] == {"format": "date-time", "type": "string"}
    assert parameters["limit"]["schema"]["maximum"] == 1000
    assert not any(each["required"] for each in parameters.values())
    attempts = document["paths"]["/api/runs/{id}/attempts"]["post"]
    assert {(each["name"], each["in"]) for each in attempts["parameters"]} == {
        ("id", "path"),
        ("Idempotency-Key", "header"),
    }
    assert attempts["requestBody"]["required"] is False
