"""Errors of the HTTP API as problem details (RFC 9457), and answers as JSON."""

import json
from http import HTTPStatus
from typing import Any

import azure.functions as func

from landfall.fno.redaction import scrub


def answer(data: Any, status: HTTPStatus = HTTPStatus.OK) -> func.HttpResponse:
    """Data as JSON."""
    return func.HttpResponse(
        json.dumps(data, ensure_ascii=False), status_code=status, mimetype="application/json"
    )


def problem(status: HTTPStatus, detail: str) -> func.HttpResponse:
    """What is wrong, in words that say what to do."""
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": scrub(detail)}
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/problem+json")
