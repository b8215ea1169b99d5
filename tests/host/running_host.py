"""A host process over a copy of an app, as tests use it."""

import json
import os
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.app_host import embedded_host

REPOSITORY = Path(__file__).parents[2]


class RunningHost:
    """A host process over a copy of an app, with the few calls tests need."""

    def __init__(self, app: Path, state: Path, *options: str, **settings: str) -> None:
        self.app = app
        self.state = state
        self.notes = state.parent / "notes.txt"
        self.url = ""
        self.key: str | None = None
        environment = {**os.environ, "NOTES": str(self.notes), **settings}
        self.log = state.parent / "host.log"
        self.part = embedded_host(app, state, 0, environment, self.log, *options).part

    def start(self) -> None:
        """Start the process and wait for its ready line."""
        self.part.start()
        line = self.part.announcement(30)
        self.url, self.key = line["url"], line["key"]

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Send a request to a path or URL; status, body and lower-case headers come back for every status."""
        data = None if body is None else json.dumps(body).encode()
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, data, headers or {}, method=method)  # noqa: S310 - our own host
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own host
                return (
                    answer.status,
                    answer.read(),
                    {name.lower(): value for name, value in answer.headers.items()},
                )
        except urllib.error.HTTPError as error:
            with error:
                return (
                    error.code,
                    error.read(),
                    {name.lower(): value for name, value in error.headers.items()},
                )

    def start_instance(self, name: str, value: Any = None, instance: str = "") -> str:
        """Start an orchestration through the app's own HTTP starter; its id."""
        path = f"/api/start/{name}" + (f"/{instance}" if instance else "")
        status, body, _ = self.request("POST", path, value)
        assert status == 202, (status, body)
        return str(json.loads(body)["id"])

    def status(self, instance: str, query: str = "") -> dict[str, Any]:
        """Ask the Durable HTTP API."""
        _, body, _ = self.request("GET", f"/runtime/webhooks/durabletask/instances/{instance}{query}")
        return dict(json.loads(body))

    def finished(self, instance: str, seconds: float = 30) -> dict[str, Any]:
        """Wait until an instance has ended; its status."""
        found: dict[str, Any] = {}

        def over() -> bool:
            found.update(self.status(instance))
            return found["runtimeStatus"] in ("Completed", "Failed", "Terminated")

        wait_for(over, seconds)
        return found

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the durable state."""
        database = sqlite3.connect(self.state / "durable.db")
        try:
            return database.execute(statement, values).fetchall()
        finally:
            database.close()

    def lines(self) -> list[str]:
        """Read what the app's activities noted."""
        return self.notes.read_text(encoding="utf-8").splitlines() if self.notes.exists() else []

    def noted(self, kind: str) -> list[list[Any]]:
        """Read what the app noted of one kind as a JSON list, without the kind."""
        return [values[1:] for values in map(json.loads, self.lines()) if values[0] == kind]


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


MakeHost = Callable[..., RunningHost]
"""Build and start a host: app folder name under tests/host/apps, options, settings as keywords."""
