"""Errors of the HTTP API as problem details (RFC 9457), and answers as JSON."""

import json
from http import HTTPStatus
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ConfigDict

from landfall.fno.redaction import scrub

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What is wrong, in words that say what to do."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str


class ProblemError(Exception):
    """A request that cannot be met: its status, and what to do instead. Raised anywhere beneath an endpoint."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def answer(data: Any, status: HTTPStatus = HTTPStatus.OK) -> func.HttpResponse:
    """Data as JSON."""
    return func.HttpResponse(
        json.dumps(data, ensure_ascii=False), status_code=status, mimetype="application/json"
    )


def problem(status: HTTPStatus, detail: str) -> func.HttpResponse:
    """The answer that says so."""
    # Somebody's input may hold half a character, which is no JSON.
    readable = scrub(detail).encode("utf-8", "replace").decode()
    said = Problem(title=status.phrase, status=status, detail=readable)
    return func.HttpResponse(said.model_dump_json(), status_code=status, mimetype=MEDIA_TYPE)
