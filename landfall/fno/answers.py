"""Reads F&O's answers: what a success holds, what anything else means."""

from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests

from landfall.fno.addresses import audience
from landfall.fno.errors import (
    AuthError,
    ExecutionUnknownError,
    FnoError,
    NoAnswerError,
    OverlapError,
    RefusedError,
    ServerError,
    ThrottledError,
    WrongAddressError,
)
from landfall.fno.models import EXECUTION_UNKNOWN, OVERLAPS

DEFAULT_RETRY_AFTER = 30.0
"""What Microsoft's samples wait when a 429 does not say how long."""
RETRY_AFTER_BOUNDS = (1.0, 3600.0)
"""A Retry-After of nothing would ask in a loop, one of a year never again."""


def decoded(answer: requests.Response, tried: str) -> dict[str, Any]:
    """The JSON of a success; NoAnswerError when it is none."""
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        raise NoAnswerError(
            f"{tried}: F&O's answer is no JSON, or broke off", activity_id=answer.headers.get("ms-dyn-aid")
        ) from None
    return body if isinstance(body, dict) else {"value": body}


def unwrap(value: Any) -> Any:
    """The value itself: the documentation nests it in a second `value`, F&O mostly does not (fno-behaviour 1.2)."""
    while isinstance(value, dict) and "value" in value:
        value = value["value"]
    return value


def is_true(value: Any) -> bool:
    """Whether an unwrapped value is true; only true is."""
    return str(value).lower() == "true"


def error_of(
    answer: requests.Response, tried: str, origin: str, now: datetime, application: str | None = None
) -> FnoError:
    """What an answer that is no success means.

    `tried` says in words what was asked of the environment at `origin`, `application` is the client id in our token.
    """
    status = answer.status_code
    about: dict[str, Any] = {"activity_id": answer.headers.get("ms-dyn-aid")}
    said = _message(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _retry_after(answer.headers.get("Retry-After"), now)
        return ThrottledError(f"{tried}: F&O is busy, ask again in {wait:g} s", retry_after=wait, **about)
    if status == HTTPStatus.UNAUTHORIZED:
        return AuthError(
            f"{tried}: F&O does not accept our token (401); its audience must be {audience(origin)}", **about
        )
    if status == HTTPStatus.FORBIDDEN:
        return AuthError(
            f"{tried}: F&O does not let {application or 'this client'} in (403): enter that client id under System "
            "administration > Setup > Microsoft Entra applications, with a user that may use data management",
            **about,
        )
    if status < HTTPStatus.BAD_REQUEST or status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return WrongAddressError(f"{tried}: {origin} has no such API ({status}); check FNO_URL", **about)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return ServerError(f"{tried}: F&O answered {status}: {said}", **about)
    return _refusal_kind(said)(f"{tried}: F&O refused: {said}", said=said, **about)


def _refusal_kind(said: str) -> type[RefusedError]:
    if said.startswith(EXECUTION_UNKNOWN):
        return ExecutionUnknownError
    return OverlapError if any(text in said for text in OVERLAPS) else RefusedError


def _message(answer: requests.Response) -> str:
    """What F&O said: the innermost message, without the prefix it puts before each (fno-behaviour 2.1)."""
    try:
        error = answer.json()["error"]
        text = str(error.get("message") or "")
    except (requests.JSONDecodeError, LookupError, TypeError, AttributeError):
        return answer.text[:300].strip() or str(answer.reason)
    inner = error.get("innererror")
    while isinstance(inner, dict):
        text = str(inner.get("message") or text)
        inner = inner.get("internalexception")
    _, found, rest = text.partition(" on Entity DataManagementDefinitionGroup: ")
    return rest if found else text


def _retry_after(header: str | None, now: datetime) -> float:
    """Seconds, from a header that holds seconds, a date or neither."""
    seconds = DEFAULT_RETRY_AFTER
    if header and header.strip().isdecimal():
        seconds = float(header)
    elif header:
        with suppress(ValueError, TypeError):
            seconds = (parsedate_to_datetime(header) - now).total_seconds()
    lowest, highest = RETRY_AFTER_BOUNDS
    return min(max(seconds, lowest), highest)
