"""The app's HTTP API, as far as a local run asks it."""

from typing import Any

import requests

from local.app_host import App

ANSWER_SECONDS = 30.0

Run = dict[str, Any]


class AppApi:
    """Runs of an app, read and repeated over HTTP. Every method raises requests.RequestException when that fails."""

    def __init__(self, app: App) -> None:
        self._base = f"{app.url}/api/runs"
        self._session = requests.Session()
        if app.key is not None:
            self._session.headers["x-functions-key"] = app.key

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def runs(self) -> list[Run]:
        """Return every run, the newest first."""
        answer = self._session.get(self._base, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return list(answer.json()["runs"])

    def rerun(self, run_id: str) -> Run:
        """Ask for one more attempt of a run that has ended; return the run."""
        answer = self._session.post(f"{self._base}/{run_id}/attempts", timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return dict(answer.json())
