"""The client: one method per thing F&O can be asked for, and one request method beneath them."""

import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from landfall.fno.answers import decoded, error_of, unwrap
from landfall.fno.auth import Tokens
from landfall.fno.errors import NoAnswerError, NotSentError, RefusedError, ThrottledError, WrongAddressError
from landfall.fno.models import EntityResult, ExecutionStatus, ImportRequest, WriteUrl

ACTIONS = "data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."
CONNECT_SECONDS = 30
MAX_PAGES = 1000
"""Pages of one result: F&O has ten thousand rows on each; a link that leads in a circle has an end."""
NO_EXECUTION = "00000000-0000-0000-0000-000000000000"
PORTS = {"http": 80, "https": 443}
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


class _Bearer(AuthBase):
    """Our token; said as `auth`, because requests lets a .netrc entry replace a header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


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
        tried = f"the results of execution {execution_id}"
        for _ in range(MAX_PAGES):
            page = self._request(_Call("GET", url, tried, query))
            try:
                rows += [EntityResult.from_row(row) for row in page.get("value") or []]
            except (ValueError, LookupError, TypeError, AttributeError):
                raise NoAnswerError(f"{tried}: F&O's answer holds no such rows") from None
            url, query = str(page.get("@odata.nextLink") or ""), None
            if not url:
                return rows
        raise NoAnswerError(f"{tried}: F&O's answer has no end")

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

    def execution_page(self, execution_id: str) -> str | None:
        """An execution's page in F&O's web client, for people; None for an address outside the environment."""
        page = str(self._act("GetExecutionSummaryPageUrl", executionId=execution_id) or "")
        return page if _origin_of(page) == _origin_of(self._origin) else None

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
        return unwrap(answer.get("value"))

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
            return decoded(answer, call.tried)
        error = error_of(answer, call.tried, self._origin, self._now())
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
                headers={"Accept": "application/json"},
                auth=_Bearer(token),
                timeout=(CONNECT_SECONDS, call.timeout or self._timeouts.usual),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            if any(isinstance(cause, NEVER_CONNECTED) for cause in _causes(error)):
                raise NotSentError(f"{call.tried}: cannot connect to {self._origin}: {error}") from None
            raise NoAnswerError(f"{call.tried}: no answer from {self._origin}: {error}") from None


def _origin_of(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None for what is no address, or names a user."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if port is None or "@" in parts.netloc else (parts.scheme, parts.hostname, port)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies beneath it: requests and urllib3 keep that in arguments, reasons and contexts."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else error.__context__
