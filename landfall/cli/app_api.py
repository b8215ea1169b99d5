"""A client of the app's HTTP API."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import requests

from landfall.cli.places import App
from landfall.fno.unreachable import why_unreachable

ANSWER_SECONDS = 60.0
TRIES = 4
"""How often a request is sent, with waits of 2, 4 and 8 seconds between."""
MAYBE_DONE = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}
MAYBE_DONE |= {HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}

Run = dict[str, Any]


class ApiError(Exception):
    """The app refused, and the message holds its words; or it did not answer."""


class NotFoundError(ApiError):
    """The app has no such run, export or report."""


class SilentError(ApiError):
    """The app did not answer. It may have done what it was asked."""


class AppApi:
    """The runs and exports of an app. Every method raises ApiError.

    A request whose answer is lost is sent again: reads change nothing, and changes carry an idempotency key. An app
    that has never answered and takes no connection is not asked again. Redirects are not followed, because the app's
    key would go along.
    """

    def __init__(
        self, app: App, *, session: requests.Session | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._base = f"{app.url.rstrip('/')}/api"
        self._session = session or requests.Session()
        self._sleep = sleep
        self._answered = False
        if app.key is not None:
            self._session.headers["x-functions-key"] = app.key

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def runs(self, limit: int = 100, **filters: str | None) -> list[Run]:
        """Return at most `limit` runs that match the filters, newest first."""
        query = {name: value for name, value in filters.items() if value is not None}
        found: list[Run] = []
        while len(found) < limit:
            page = self._request("GET", "runs", query={**query, "limit": str(limit - len(found))}).json()
            found += page["runs"]
            if not page.get("next"):
                break
            query["next"] = page["next"]
        return found

    def run(self, run_id: str) -> Run:
        """Return a run."""
        return dict(self._request("GET", f"runs/{quote(run_id, safe='')}").json())

    def report(self, run_id: str, name: str) -> requests.Response:
        """Return a run's `receipt`, `errors` or `repair`; the response's content type says its format."""
        accept = {"errors": "text/csv", "repair": "application/zip"}.get(name, "application/json")
        return self._request("GET", f"runs/{quote(run_id, safe='')}/{name}", accept=f"{accept}, */*;q=0.5")

    def rerun(self, run_id: str, wishes: Mapping[str, Any] | None = None, key: str | None = None) -> Run:
        """Start another attempt of a run that has ended, once per key; return the run."""
        path = f"runs/{quote(run_id, safe='')}/attempts"
        return dict(self._request("POST", path, key=key or new_key(), body=wishes or {}).json())

    def act_on_runs(self, wishes: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """Act on many runs, once per key; return what became of each."""
        return list(self._request("POST", "runs/bulk", key=key, body=wishes).json()["runs"])

    def errors(self, limit: int = 100, **filters: str | None) -> bytes:
        """Return the refused rows of the latest runs that match the filters, as CSV."""
        query = {"limit": str(limit), **{name: value for name, value in filters.items() if value is not None}}
        return self._request("GET", "runs/errors", query=query, accept="text/csv, */*;q=0.5").content

    def exports(self) -> list[dict[str, Any]]:
        """Return the exports that can be run."""
        return list(self._request("GET", "exports").json()["exports"])

    def run_export(self, name: str, wishes: Mapping[str, Any], key: str | None = None) -> Run:
        """Start an export, once per key; return the run."""
        path = f"exports/{quote(name, safe='')}/runs"
        return dict(self._request("POST", path, key=key or new_key(), body=wishes).json())

    def environments(self) -> list[dict[str, Any]]:
        """Return the F&O environments, and whether runs may go there."""
        return list(self._request("GET", "environments").json()["environments"])

    def steer_environment(self, name: str, action: str, reason: str | None) -> dict[str, Any]:
        """Hold or release an environment; return it as it is then."""
        path = f"environments/{quote(name, safe='')}/{action}"
        return dict(self._request("POST", path, body={"reason": reason} if reason else {}).json())

    def dashboard_link(self) -> str:
        """Return an address that opens the dashboard once, so that a browser's history opens nothing."""
        made = self._request("POST", "dashboard/tickets").json()
        return f"{self._base.removesuffix('/api')}{made['path']}"

    def look(self, path: str, headers: Mapping[str, str | None] | None = None) -> requests.Response:
        """Return the app's response to one GET, whatever its status; a header that is None is not sent."""
        try:
            return self._session.get(
                f"{self._base}/{path}", headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            raise SilentError(f"GET {path}: {self._base} does not answer ({type(error).__name__})") from None

    def _request(  # noqa: PLR0913  what a request is made of
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        accept: str = "application/json",
    ) -> requests.Response:
        trouble = ""
        for tries in range(TRIES):
            if tries:
                self._sleep(2.0**tries)
            try:
                answer = self._session.request(
                    method,
                    f"{self._base}/{path}",
                    params=query,
                    json=body,
                    headers={"Accept": accept, **({"Idempotency-Key": key} if key else {})},
                    timeout=ANSWER_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                if isinstance(error, ValueError):  # the address or the key cannot be sent
                    raise ApiError(f"{method} {path}: {error}. Check LANDFALL_URL and LANDFALL_KEY.") from None
                why = why_unreachable(error, self._base, "LANDFALL_URL (--url)", "REQUESTS_CA_BUNDLE")
                if why and not self._answered:
                    raise ApiError(f"{method} {path}: {self._base} does not answer. {why}") from None
                trouble = type(error).__name__
                continue
            self._answered = True
            if answer.status_code not in MAYBE_DONE:
                return _checked(answer, f"{method} {path}")
            trouble = f"it answered {answer.status_code}"
        raise SilentError(f"{method} {path}: {self._base} does not answer ({trouble})")


def new_key() -> str:
    """Return a new idempotency key."""
    return uuid4().hex


def _checked(answer: requests.Response, tried: str) -> requests.Response:
    if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    try:
        detail = str(answer.json()["detail"])
    except (requests.JSONDecodeError, LookupError, TypeError):
        detail = str(answer.reason)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundError(f"{tried}: {detail}")
    if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        detail = f"{detail}. Set LANDFALL_KEY to a key of the function app."
    raise ApiError(f"{tried}: {answer.status_code} {detail}")
