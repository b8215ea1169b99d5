"""The app's HTTP API, as programs on another machine ask it."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import requests

from landfall.cli.places import App

ANSWER_SECONDS = 60.0
TRIES = 4
"""How often a request is sent that may be repeated; 2, 4 and 8 seconds lie between."""
MAYBE_DONE = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}
MAYBE_DONE |= {HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}

Run = dict[str, Any]


class ApiError(Exception):
    """The app said no, in the words of the message; or it did not answer, and the message says what that means."""


class NotFoundError(ApiError):
    """There is no such thing."""


class SilentError(ApiError):
    """The app did not answer: it may have done what it was asked."""


class AppApi:
    """Runs and exports of an app. Every method raises ApiError.

    Every request may be sent again when its answer is lost: reads change nothing, and changes carry an idempotency
    key. Redirects are not followed, since the key would go along.
    """

    def __init__(
        self,
        app: App,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = f"{app.url.rstrip('/')}/api"
        self._session = session or requests.Session()
        self._sleep = sleep
        if app.key is not None:
            self._session.headers["x-functions-key"] = app.key

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def runs(self, limit: int = 100, **filters: str | None) -> list[Run]:
        """Return the runs that pass the filters, the newest first, at most `limit`."""
        asked = {name: value for name, value in filters.items() if value is not None}
        found: list[Run] = []
        while len(found) < limit:
            page = self._request("GET", "runs", query={**asked, "limit": str(limit - len(found))}).json()
            found += page["runs"]
            if not page.get("next"):
                break
            asked["next"] = page["next"]
        return found

    def run(self, run_id: str) -> Run:
        """Return a run."""
        return dict(self._request("GET", f"runs/{quote(run_id, safe='')}").json())

    def report(self, run_id: str, name: str) -> requests.Response:
        """Return one of a run's reports: `receipt`, `errors` or `repair`; the answer's type says what it is."""
        accept = {"errors": "text/csv", "repair": "application/zip"}.get(name, "application/json")
        return self._request("GET", f"runs/{quote(run_id, safe='')}/{name}", accept=f"{accept}, */*;q=0.5")

    def rerun(self, run_id: str, wishes: Mapping[str, Any] | None = None, key: str | None = None) -> Run:
        """Ask for one more attempt of a run that has ended, once per key; return the run."""
        path = f"runs/{quote(run_id, safe='')}/attempts"
        return dict(self._request("POST", path, key=key or new_key(), body=wishes or {}).json())

    def exports(self) -> list[dict[str, Any]]:
        """Return the exports that can be run."""
        return list(self._request("GET", "exports").json()["exports"])

    def run_export(self, name: str, wishes: Mapping[str, Any], key: str | None = None) -> Run:
        """Run an export now, once per key; return the run."""
        path = f"exports/{quote(name, safe='')}/runs"
        return dict(self._request("POST", path, key=key or new_key(), body=wishes).json())

    def dashboard_link(self) -> str:
        """Return an address that opens the dashboard once; what stays of it in a browser's history opens nothing."""
        made = self._request("POST", "dashboard/tickets").json()
        return f"{self._base.removesuffix('/api')}{made['path']}"

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
                trouble = type(error).__name__
                continue
            if answer.status_code not in MAYBE_DONE:
                return _good(answer, f"{method} {path}")
            trouble = f"it answered {answer.status_code}"
        raise SilentError(f"{method} {path}: {self._base} does not answer ({trouble})")


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return uuid4().hex


def _good(answer: requests.Response, asked: str) -> requests.Response:
    if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    try:
        detail = str(answer.json()["detail"])
    except (requests.JSONDecodeError, LookupError, TypeError):
        detail = str(answer.reason)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundError(f"{asked}: {detail}")
    if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        detail = f"{detail}; set LANDFALL_KEY to a key of the function app"
    raise ApiError(f"{asked}: {answer.status_code} {detail}")
