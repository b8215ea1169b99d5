"""One F&O environment over HTTPS: every request's token, time-out, pause, decoding and errors."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol, TypeVar

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from landfall.fno.answers import decoded, error_of, rows_of, unwrap
from landfall.fno.auth import Tokens, application_of
from landfall.fno.errors import FnoError, NoAnswerError, NotSentError, ThrottledError, WrongAddressError
from landfall.fno.unreachable import causes, why_unreachable

CONNECT_SECONDS = 30
MAX_PAGES = 1000
"""F&O puts ten thousand rows on a page. The bound ends a chain of links that leads in a circle."""
NEVER_CONNECTED = (requests.ConnectTimeout, NewConnectionError, ssl.SSLCertVerificationError)
"""Errors before the request leaves. Other TLS errors may come in the middle of an answer and prove nothing."""
SUBJECTS = ("executionId", "uniqueFileName", "messageId", "_messageId", "definitionGroupId", "listOfDataEntities")
"""Parameters that tell in an error message what a call was about. URLs do not, because they are secrets."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for an answer. An import answers only when its package is unpacked, which takes minutes."""

    usual: float = 120
    submission: float = 3600


class Pause(Protocol):
    """The time for which F&O has asked every client of an environment to wait."""

    def left(self) -> float:
        """Return the seconds that are left; 0 when F&O may be asked."""

    def begin(self, seconds: float) -> None:
        """Start a pause of this length."""


class Bearer(AuthBase):
    """Sends the token as `auth`, because requests lets a .netrc entry replace an Authorization header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True)
class Call:
    """One request. `tried` names it in error messages, because its URL may hold a secret.

    `timeout` is the seconds to wait for the answer, if not the usual ones.
    """

    method: str
    url: str
    tried: str
    query: dict[str, str] | None = None
    body: Mapping[str, Any] | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class Connection:
    """Sends requests to one F&O environment. FnoClient describes the fields.

    It raises only the errors of landfall.fno.errors. It follows no redirects, keeps no cookies (they would pin all
    requests to one server), sends its token to `origin` only, and sends nothing during a pause.
    """

    origin: str
    tokens: Tokens
    session: requests.Session
    timeouts: Timeouts
    pause: Pause | None
    ca_bundle: str | None
    heard: Callable[[FnoError | None, str], None]
    now: Callable[[], datetime]
    answered: set[str] = field(default_factory=set, init=False)
    """Holds the origin once it has answered anything."""

    def __post_init__(self) -> None:
        """Have the session keep no cookies."""
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def request(self, call: Call) -> dict[str, Any]:
        """Return the JSON object that F&O answers."""
        try:
            answer = self._authorized(call)
        except FnoError as error:
            self.heard(error, call.tried)
            raise
        self.heard(None, call.tried)
        return answer

    def act(
        self,
        action: str,
        body: Mapping[str, Any] | None = None,
        *,
        of: str = "DataManagementDefinitionGroups",
        timeout: float | None = None,
    ) -> Any:
        """Call an action of an entity set and return its value."""
        body = body or {}  # an action without parameters takes an empty object (fno-behaviour 1.1)
        about = next((f" for {body[name]}" for name in SUBJECTS if body.get(name)), "")
        url = f"{self.origin}/data/{of}/Microsoft.Dynamics.DataEntities.{action}"
        answer = self.request(Call("POST", url, f"{action}{about}", body=body, timeout=timeout))
        return unwrap(answer.get("value"))

    def rows(self, entity_set: str, where: tuple[str, str], read: Callable[[Any], Row], tried: str) -> list[Row]:
        """Return the rows of an entity set in which a column equals a text, of every company, in F&O's order."""
        column, text = where
        query = {"$filter": "{} eq '{}'".format(column, text.replace("'", "''")), "cross-company": "true"}
        call = Call("GET", f"{self.origin}/data/{entity_set}", tried, query)
        rows: list[Row] = []
        for _ in range(MAX_PAGES):
            page = self.request(call)
            try:
                rows += map(read, rows_of(page))
            except (ValueError, LookupError, TypeError, AttributeError):
                raise NoAnswerError(f"{tried}: F&O's answer does not hold the expected rows") from None
            call = Call("GET", str(page.get("@odata.nextLink") or ""), tried)
            if not call.url:
                return rows
        raise NoAnswerError(f"{tried}: F&O's answer goes on after {MAX_PAGES} pages")

    def _authorized(self, call: Call) -> dict[str, Any]:
        """Send the call, a second time with a fresh token if F&O does not accept the first one."""
        base = f"{self.origin}/"
        if call.url[: len(base)].lower() != base.lower():
            raise WrongAddressError(
                f"{call.tried}: F&O named an address outside {self.origin}. Nothing was sent there."
            )
        if self.pause and (left := self.pause.left()):
            raise ThrottledError(f"{call.tried}: F&O has asked all clients to wait {left:.0f} s", retry_after=left)
        token = self.tokens.get()
        answer = self._send(call, token)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            token = self.tokens.get(fresh=True)
            answer = self._send(call, token)
        if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return decoded(answer, call.tried)
        error = error_of(answer, call.tried, self.origin, self.now(), application_of(token))
        if self.pause and isinstance(error, ThrottledError):
            self.pause.begin(error.retry_after)
        raise error

    def _send(self, call: Call, token: str) -> requests.Response:
        try:
            answer = self.session.request(
                call.method,
                call.url,
                params=call.query,
                json=call.body,
                headers={"Accept": "application/json"},
                auth=Bearer(token),
                timeout=(CONNECT_SECONDS, call.timeout or self.timeouts.usual),
                allow_redirects=False,
                # Set on each request, because the variable REQUESTS_CA_BUNDLE outranks the session's setting.
                verify=self.ca_bundle,
            )
        except requests.RequestException as error:
            if not self.answered and (why := why_unreachable(error, self.origin, "FNO_URL (--url)")):
                tried = f"{call.tried}: cannot connect to {self.origin}"
                raise NotSentError(f"{tried}. {why}", unreachable=True) from None
            if any(isinstance(cause, NEVER_CONNECTED) for cause in causes(error)):
                raise NotSentError(f"{call.tried}: cannot connect to {self.origin}: {error}") from None
            raise NoAnswerError(f"{call.tried}: no answer from {self.origin}: {error}") from None
        except OSError as error:  # requests raises it for a CA file that does not exist
            raise NotSentError(f"{call.tried}: {error}. Check FNO_CA_BUNDLE.") from None
        self.answered.add(self.origin)
        return answer
