"""The client: one method per thing F&O can be asked for, and one request method beneath them."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol

import requests
from urllib3.exceptions import NewConnectionError

from landfall.fno.auth import Tokens
from landfall.fno.errors import (
    AuthError,
    ExecutionUnknownError,
    FnoError,
    NoAnswerError,
    NotSentError,
    OverlapError,
    RefusedError,
    ServerError,
    ThrottledError,
    WrongAddressError,
)
from landfall.fno.models import (
    EXECUTION_UNKNOWN,
    OVERLAPS,
    EntityResult,
    ExecutionStatus,
    ImportRequest,
    WriteUrl,
)

ACTIONS = "data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."
CONNECT_SECONDS = 30
DEFAULT_RETRY_AFTER = 30.0
"""What Microsoft's samples wait when a 429 does not say how long."""
RETRY_AFTER_BOUNDS = (1.0, 3600.0)
"""A Retry-After of nothing would ask in a loop, one of a year never again."""
NO_EXECUTION = "00000000-0000-0000-0000-000000000000"
NEVER_CONNECTED = (requests.ConnectTimeout, NewConnectionError, ssl.SSLCertVerificationError)
"""Errors before the request left. Others of TLS may come in the middle of an answer, and prove nothing."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for an answer: imports answer only when the package is unpacked, which takes minutes."""

    usual: float = 120
    submission: float = 3600


@dataclass(frozen=True)
class _Call:
    """One request; `tried` says in words what it is for, `timeout` how many seconds its answer may take."""

    method: str
    url: str
    tried: str
    query: dict[str, str] | None = None
    body: dict[str, Any] | None = None
    timeout: float | None = None


class Pause(Protocol):
    """What all clients of one environment know of its being busy."""

    def left(self) -> float:
        """Seconds for which F&O must not be asked; 0 when it may be."""

    def begin(self, seconds: float) -> None:
        """F&O has asked us to wait so long."""


class FnoClient:
    """F&O's Data management package API at one environment.

    Raises the errors of landfall.fno.errors and nothing else. Never follows a redirect, keeps no cookies (they
    would pin all calls to one server), sends its token to `origin` alone, and asks nothing during a pause.
    """

    def __init__(  # noqa: PLR0913  what it works with, each named
        self,
        origin: str,
        tokens: Tokens,
        *,
        session: requests.Session | None = None,
        timeouts: Timeouts = Timeouts(),
        pause: Pause | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._origin = origin.rstrip("/")
        self._tokens = tokens
        self._session = session or requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._timeouts = timeouts
        self._pause = pause
        self._now = now

    @property
    def origin(self) -> str:
        """The environment's URL, without a slash at the end."""
        return self._origin

    def write_url(self, file_name: str) -> WriteUrl:
        """A place for a package, open for about thirty minutes (fno-behaviour 7.1)."""
        answer = self._act("GetAzureWriteUrl", uniqueFileName=file_name)
        try:
            place = answer if isinstance(answer, dict) else json.loads(str(answer))
            return WriteUrl(str(place["BlobId"]), str(place["BlobUrl"]))
        except (ValueError, LookupError, TypeError):
            raise NoAnswerError(f"GetAzureWriteUrl for {file_name}: F&O's answer names no place") from None

    def import_package(self, request: ImportRequest) -> str:
        """Start an import; the execution's id. NoAnswerError means that it may have started."""
        return self._start("ImportFromPackage", **request.body())

    def export_package(self, data_project: str, execution_id: str, company: str) -> str:
        """Start an export; the execution's id. NoAnswerError means that it may have started."""
        return self._start(
            "ExportToPackage",
            definitionGroupId=data_project,
            packageName=execution_id,
            executionId=execution_id,
            reExecute=False,
            legalEntityId=company,
        )

    def status(self, execution_id: str) -> ExecutionStatus:
        """Where an execution stands; ExecutionUnknownError when F&O has none of this id (yet)."""
        return ExecutionStatus(str(self._act("GetExecutionSummaryStatus", executionId=execution_id) or ""))

    def entity_results(self, execution_id: str) -> list[EntityResult]:
        """What an execution did with each of its entities, in the order F&O gives."""
        rows: list[EntityResult] = []
        url = f"{self._origin}/data/DataManagementExecutionJobDetails"
        query: dict[str, str] | None = {
            "$filter": "JobId eq '{}'".format(execution_id.replace("'", "''")),
            "cross-company": "true",
        }
        while url:
            tried = f"the results of execution {execution_id}"
            page = self._request(_Call("GET", url, tried, query))
            try:
                rows += [EntityResult.from_row(row) for row in page.get("value") or []]
            except (ValueError, LookupError, TypeError, AttributeError):
                raise NoAnswerError(f"{tried}: F&O's answer holds no such rows") from None
            url, query = str(page.get("@odata.nextLink") or ""), None
        return rows

    def errors(self, execution_id: str) -> str:
        """The messages of an execution, as F&O wrote them: JSON that is not always valid (fno-behaviour 4.1)."""
        said = self._act("GetExecutionErrors", executionId=execution_id) or ""
        return said if isinstance(said, str) else json.dumps(said)

    def staging_errors_url(self, execution_id: str, entity: str) -> str:
        """Where the rows lie that did not reach staging; empty when there are none."""
        return str(
            self._act("GetImportStagingErrorFileUrl", executionId=execution_id, entityName=entity) or ""
        )

    def generate_error_keys(self, execution_id: str, entity: str) -> bool:
        """Have the keys of an entity's failed rows written to a file; False when none failed."""
        answer = self._act("GenerateImportTargetErrorKeysFile", executionId=execution_id, entityName=entity)
        return answer in {True, "true", "True"}

    def error_keys_url(self, execution_id: str, entity: str) -> str:
        """Where the keys of the failed rows lie; empty while they are being written."""
        return str(
            self._act("GetImportTargetErrorKeysFileUrl", executionId=execution_id, entityName=entity) or ""
        )

    def exported_package_url(self, execution_id: str) -> str:
        """Where an exported package lies, readable for an hour; empty while it is being packed."""
        return str(self._act("GetExportedPackageUrl", executionId=execution_id) or "")

    def _start(self, action: str, /, **parameters: str | bool) -> str:
        """Have F&O start an execution; the id that it answers, empty when it says nothing."""
        answered = str(self._act(action, self._timeouts.submission, **parameters) or "")
        if answered == NO_EXECUTION:
            said = "it answered an id of zeros, which means that it started nothing"
            raise RefusedError(f"{action} for {parameters['executionId']}: F&O refused: {said}", said=said)
        return answered

    def _act(self, action: str, timeout: float | None = None, /, **parameters: str | bool) -> Any:
        about = parameters.get("executionId") or parameters.get("uniqueFileName")
        url = f"{self._origin}/{ACTIONS}{action}"
        answer = self._request(_Call("POST", url, f"{action} for {about}", None, parameters, timeout))
        return _unwrap(answer.get("value"))

    def _request(self, call: "_Call") -> dict[str, Any]:
        base = f"{self._origin}/"
        if call.url[: len(base)].lower() != base.lower():
            raise WrongAddressError(
                f"{call.tried}: F&O named an address outside {self._origin}; nothing was sent there"
            )
        if self._pause and (left := self._pause.left()):
            raise ThrottledError(f"{call.tried}: F&O has asked all of us to wait", retry_after=left)
        answer = self._send(call)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            answer = self._send(call, fresh=True)
        if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return _decoded(answer, call.tried)
        error = self._error(answer, call.tried)
        if self._pause and isinstance(error, ThrottledError):
            self._pause.begin(error.retry_after)
        raise error

    def _send(self, call: "_Call", *, fresh: bool = False) -> requests.Response:
        token = self._tokens.get(fresh=fresh)
        try:
            return self._session.request(
                call.method,
                call.url,
                params=call.query,
                json=call.body,
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                timeout=(CONNECT_SECONDS, call.timeout or self._timeouts.usual),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            if any(isinstance(cause, NEVER_CONNECTED) for cause in _causes(error)):
                raise NotSentError(f"{call.tried}: cannot connect to {self._origin}: {error}") from None
            raise NoAnswerError(f"{call.tried}: no answer from {self._origin}: {error}") from None

    def _error(self, answer: requests.Response, tried: str) -> FnoError:
        status = answer.status_code
        about: dict[str, Any] = {"activity_id": answer.headers.get("ms-dyn-aid")}
        said = _message(answer)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _retry_after(answer.headers.get("Retry-After"), self._now())
            return ThrottledError(f"{tried}: F&O is busy, ask again in {wait:g} s", retry_after=wait, **about)
        if status == HTTPStatus.UNAUTHORIZED:
            return AuthError(
                f"{tried}: F&O does not accept our token (401); its audience must be {self._origin}", **about
            )
        if status == HTTPStatus.FORBIDDEN:
            return AuthError(
                f"{tried}: F&O does not know this client (403): add its id under System administration > Setup > "
                "Microsoft Entra applications, with a user that may use data management",
                **about,
            )
        if status < HTTPStatus.BAD_REQUEST or status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
            return WrongAddressError(
                f"{tried}: {self._origin} has no such API ({status}); check FNO_URL", **about
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return ServerError(f"{tried}: F&O answered {status}: {said}", **about)
        return _refusal_kind(said)(f"{tried}: F&O refused: {said}", said=said, **about)


def _refusal_kind(said: str) -> type[RefusedError]:
    if said.startswith(EXECUTION_UNKNOWN):
        return ExecutionUnknownError
    return OverlapError if any(text in said for text in OVERLAPS) else RefusedError


def _decoded(answer: requests.Response, tried: str) -> dict[str, Any]:
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        raise NoAnswerError(
            f"{tried}: F&O's answer is no JSON, or broke off", activity_id=answer.headers.get("ms-dyn-aid")
        ) from None
    return body if isinstance(body, dict) else {"value": body}


def _unwrap(value: Any) -> Any:
    """The value itself: the documentation nests it in a second `value`, F&O mostly does not (fno-behaviour 1.2)."""
    while isinstance(value, dict) and "value" in value:
        value = value["value"]
    return value


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


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies beneath it: requests and urllib3 keep that in arguments, reasons and contexts."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else error.__context__
