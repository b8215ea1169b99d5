"""Errors of the HTTP API as problem details (RFC 9457)."""

from http import HTTPStatus

import azure.functions as func
from pydantic import BaseModel, ConfigDict

from landfall.fno.redaction import scrub, shorten

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What is wrong with a request, and what to do instead."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str


class ProblemError(Exception):
    """A request that cannot be met: its status, and what to do instead. Anything below an endpoint may raise it."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        self.status = status
        self.detail = shorten(detail)
        super().__init__(self.detail)


def problem(status: HTTPStatus, detail: str) -> func.HttpResponse:
    """A response that holds the problem."""
    body = Problem(title=status.phrase, status=status, detail=shorten(scrub(detail)))
    return func.HttpResponse(body.model_dump_json(), status_code=status, mimetype=MEDIA_TYPE)
