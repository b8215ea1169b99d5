"""What every call has: address, token, time-out, pause and decoding; the modules beside say what is asked for."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol, TypeVar

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from landfall.fno.answers import decoded, error_of, unwrap
from landfall.fno.auth import Tokens, application_of
from landfall.fno.errors import (
    AuthError,
    NoAnswerError,
    NotSentError,
    RefusedError,
    ThrottledError,
    WrongAddressError,
)

GROUPS = "DataManagementDefinitionGroups"
NAMESPACE = "Microsoft.Dynamics.DataEntities."
CONNECT_SECONDS = 30
MAX_PAGES = 1000
"""Pages of one result: F&O has ten thousand rows on each; a link that leads in a circle has an end."""
NO_EXECUTION = "00000000-0000-0000-0000-000000000000"
NEVER_CONNECTED = (requests.ConnectTimeout, NewConnectionError, ssl.SSLCertVerificationError)
"""Errors before the request left. Others of TLS may come in the middle of an answer, and prove nothing."""
TELLING = (
    "executionId",
    "uniqueFileName",
    "messageId",
    "_messageId",
    "definitionGroupId",
    "listOfDataEntities",
)
"""Parameters that say in an error what a call was about; URLs do not, for they are secrets."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for an answer: imports answer only when the package is unpacked, which takes minutes."""

    usual: float = 120
    submission: float = 3600


class Pause(Protocol):
    """What all clients of one environment know of its being busy."""

    def left(self) -> float:
        """Seconds for which F&O must not be asked; 0 when it may be."""

    def begin(self, seconds: float) -> None:
        """F&O has asked us to wait so long."""


@dataclass(frozen=True)
class Call:
    """One request; `tried` says in words what it is for, `timeout` how many seconds its answer may take."""

    method: str
    url: str
    tried: str
    query: dict[str, str] | None = None
    body: Mapping[str, Any] | None = None
    timeout: float | None = None


class _Bearer(AuthBase):
    """Our token; said as `auth`, because requests lets a .netrc entry replace a header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Connection:
    """One F&O environment, asked as one client.

    Raises the errors of landfall.fno.errors and nothing else. Never follows a redirect, keeps no cookies (they
    would pin all calls to one server), sends its token to `origin` alone, and asks nothing during a pause.
    `ca_bundle` is a PEM file of the authorities to trust, instead of the public ones.
    `asynchronous` says to start executions by the `...Async` actions where the environment has them.
    `denied` is told what was tried when F&O or the authority does not let us in.
    """

    def __init__(  # noqa: PLR0913  what it works with, each named
        self,
        origin: str,
        tokens: Tokens,
        *,
        session: requests.Session | None = None,
        timeouts: Timeouts = Timeouts(),
        pause: Pause | None = None,
        asynchronous: bool = False,
        ca_bundle: str | None = None,
        denied: Callable[[str], None] = lambda _tried: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._origin = origin.rstrip("/")
        self._tokens = tokens
        self._session = session or requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._timeouts = timeouts
        self._pause = pause
        self._asynchronous = asynchronous
        self._ca_bundle = ca_bundle
        self._denied = denied
        self._now = now

    @property
    def origin(self) -> str:
        """The environment's URL, without a slash at the end."""
        return self._origin

    @property
    def ca_bundle(self) -> str | None:
        """The PEM file of the authorities to trust, for F&O's files too; None for the public ones."""
        return self._ca_bundle

    @property
    def paused_seconds(self) -> float:
        """For how long F&O has asked not to be asked; 0 when it may be."""
        return self._pause.left() if self._pause else 0

    def sign_in(self) -> None:
        """Get a token, as every call does; AuthError says why there is none."""
        self._tokens.get(fresh=False)

    def _act(
        self,
        action: str,
        body: Mapping[str, str | bool | int] | None = None,
        *,
        of: str = GROUPS,
        timeout: float | None = None,
    ) -> Any:
        """Call an action of an entity set; its value."""
        body = body or {}  # an action without parameters takes an empty object (fno-behaviour 1.1)
        about = next((f" for {body[name]}" for name in TELLING if body.get(name)), "")
        url = f"{self._origin}/data/{of}/{NAMESPACE}{action}"
        answer = self._request(Call("POST", url, f"{action}{about}", body=body, timeout=timeout))
        return unwrap(answer.get("value"))

    def _start(self, action: str, body: Mapping[str, str | bool | int]) -> str:
        """Have F&O start an execution; the id that it answers, empty when it says nothing."""
        answered = str(self._act(action, body, timeout=self._timeouts.submission) or "")
        if answered == NO_EXECUTION:
            said = "it answered an id of zeros, which means that it started nothing"
            raise RefusedError(f"{action} for {body['executionId']}: F&O refused: {said}", said=said)
        return answered

    def _rows(
        self, collection: str, equal: tuple[str, str], read: Callable[[dict[str, Any]], Row], tried: str
    ) -> list[Row]:
        """The rows of an entity set in which a column equals a text, in every company, in the order F&O gives."""
        rows: list[Row] = []
        url = f"{self._origin}/data/{collection}"
        column, text = equal
        query: dict[str, str] | None = {
            "$filter": "{} eq '{}'".format(column, text.replace("'", "''")),
            "cross-company": "true",
        }
        for _ in range(MAX_PAGES):
            page = self._request(Call("GET", url, tried, query))
            try:
                rows += [read(row) for row in page.get("value") or []]
            except (ValueError, LookupError, TypeError, AttributeError):
                raise NoAnswerError(f"{tried}: F&O's answer holds no such rows") from None
            url, query = str(page.get("@odata.nextLink") or ""), None
            if not url:
                return rows
        raise NoAnswerError(f"{tried}: F&O's answer has no end")

    def _request(self, call: Call) -> dict[str, Any]:
        try:
            return self._let_in(call)
        except AuthError:
            self._denied(call.tried)
            raise

    def _let_in(self, call: Call) -> dict[str, Any]:
        base = f"{self._origin}/"
        if call.url[: len(base)].lower() != base.lower():
            raise WrongAddressError(
                f"{call.tried}: F&O named an address outside {self._origin}; nothing was sent there"
            )
        if self._pause and (left := self._pause.left()):
            raise ThrottledError(f"{call.tried}: F&O has asked all of us to wait", retry_after=left)
        token = self._tokens.get()
        answer = self._send(call, token)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            token = self._tokens.get(fresh=True)
            answer = self._send(call, token)
        if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return decoded(answer, call.tried)
        error = error_of(answer, call.tried, self._origin, self._now(), application_of(token))
        if self._pause and isinstance(error, ThrottledError):
            self._pause.begin(error.retry_after)
        raise error

    def _send(self, call: Call, token: str) -> requests.Response:
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
                # Said with each request: a REQUESTS_CA_BUNDLE variable would outrank the session's.
                verify=self._ca_bundle,
            )
        except requests.RequestException as error:
            if any(isinstance(cause, NEVER_CONNECTED) for cause in _causes(error)):
                raise NotSentError(f"{call.tried}: cannot connect to {self._origin}: {error}") from None
            raise NoAnswerError(f"{call.tried}: no answer from {self._origin}: {error}") from None
        except OSError as error:  # requests' way of saying that the file of authorities is not there
            raise NotSentError(f"{call.tried}: {error}; check FNO_CA_BUNDLE") from None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies beneath it: requests and urllib3 keep that in arguments, reasons and contexts."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else error.__context__
