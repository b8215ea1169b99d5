"""Reads F&O's answers: the value of a success, the error that anything else means."""

import json
import re
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
from landfall.fno.models import EXECUTION_UNKNOWN, OVERLAPS, EntityPlace, WriteUrl

DEFAULT_RETRY_AFTER = 30.0
"""Seconds that Microsoft's samples wait when a 429 does not say how long."""
RETRY_AFTER_BOUNDS = (1.0, 3600.0)
"""A Retry-After of zero would ask in a loop, one of a year never again."""
NO_EXECUTION = "00000000-0000-0000-0000-000000000000"
"""The id that F&O answers where there is no execution."""
PLACE = re.compile(r"(?P<entity>.+?)-(?P<unit>\d{1,9})-(?P<level>\d{1,9})-(?P<sequence>\d{1,9})(?:,|$)")
"""`<label>-<unit>-<level>-<sequence>,`; a label may hold hyphens and commas itself."""


def decoded(answer: requests.Response, tried: str) -> dict[str, Any]:
    """Return the JSON of a success; NoAnswerError when it cannot be read."""
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        raise NoAnswerError(
            f"{tried}: F&O's answer is not JSON, or broke off", activity_id=answer.headers.get("ms-dyn-aid")
        ) from None
    return body if isinstance(body, dict) else {"value": body}


def unwrap(value: Any) -> Any:
    """Return the innermost value: the documentation nests it in a second `value`, F&O rarely (fno-behaviour 1.2)."""
    while isinstance(value, dict) and "value" in value:
        value = value["value"]
    return value


def rows_of(page: dict[str, Any]) -> list[Any]:
    """Return the rows of a page; LookupError or TypeError when it holds no list, which is not the same as no rows."""
    rows = page["value"]
    if not isinstance(rows, list):
        raise TypeError(f"{type(rows)} is no list")
    return rows


def is_true(value: Any, tried: str) -> bool:
    """Return whether an unwrapped value is true or false, in any spelling; NoAnswerError when it is neither."""
    try:
        return {"true": True, "false": False}[str(value).lower()]
    except KeyError:
        raise NoAnswerError(f"{tried}: F&O's answer is neither true nor false") from None


def write_url(value: Any, tried: str) -> WriteUrl:
    """Return the place that F&O names for a package: an object, or JSON in a text; NoAnswerError for anything else."""
    try:
        place = value if isinstance(value, dict) else json.loads(str(value))
        return WriteUrl(str(place["BlobId"]), str(place["BlobUrl"]))
    except (ValueError, LookupError, TypeError):
        raise NoAnswerError(f"{tried}: F&O's answer names no place for the file") from None


def entity_places(text: str, tried: str) -> list[EntityPlace]:
    """Return the order that F&O gives entities; NoAnswerError for a text of another format."""
    places = [
        EntityPlace(each["entity"], int(each["unit"]), int(each["level"]), int(each["sequence"]))
        for each in PLACE.finditer(text)
    ]
    if text and not places:
        raise NoAnswerError(f"{tried}: F&O's answer names no order of entities")
    return places


def error_of(
    answer: requests.Response, tried: str, origin: str, now: datetime, application: str | None = None
) -> FnoError:
    """Return the error that an unsuccessful answer means.

    `tried` says what was asked of the environment at `origin`; `application` is the client id in the token.
    """
    status = answer.status_code
    about: dict[str, Any] = {"activity_id": answer.headers.get("ms-dyn-aid")}
    said = _message(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _retry_after(answer.headers.get("Retry-After"), now)
        return ThrottledError(f"{tried}: F&O is busy and asks to wait {wait:g} s", retry_after=wait, **about)
    if status == HTTPStatus.UNAUTHORIZED:
        return AuthError(
            f"{tried}: F&O does not accept the token (401). The token's audience must be {audience(origin)}.", **about
        )
    if status == HTTPStatus.FORBIDDEN:
        client_id = f"client ID {application}" if application else "client ID"
        return AuthError(
            f"{tried}: F&O does not accept the app (403). Register its {client_id} in F&O under System "
            "administration > Setup > Microsoft Entra applications, mapped to a user with data-management rights.",
            **about,
        )
    if status < HTTPStatus.BAD_REQUEST or status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return WrongAddressError(f"{tried}: {origin} has no such API ({status}). Check FNO_URL.", **about)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return ServerError(f"{tried}: F&O answered {status}: {said}", **about)
    return _refusal_kind(said)(f"{tried}: F&O refused: {said}", said=said, **about)


def _refusal_kind(said: str) -> type[RefusedError]:
    if said.startswith(EXECUTION_UNKNOWN):
        return ExecutionUnknownError
    return OverlapError if any(text in said for text in OVERLAPS) else RefusedError


def _message(answer: requests.Response) -> str:
    """Return F&O's innermost message, without the prefix that it puts before each (fno-behaviour 2.1)."""
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
    """Return the seconds of a header that holds seconds, a date or neither."""
    seconds = DEFAULT_RETRY_AFTER
    if header and header.strip().isdecimal():
        seconds = float(header)
    elif header:
        with suppress(ValueError, TypeError):
            seconds = (parsedate_to_datetime(header) - now).total_seconds()
    lowest, highest = RETRY_AFTER_BOUNDS
    return min(max(seconds, lowest), highest)
