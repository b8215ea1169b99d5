"""A host process that tests talk to."""

import json
import os
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from local.app_host import embedded_host

REPOSITORY = Path(__file__).parents[2]


class RunningHost:
    """A host process, and the calls that tests need; as a context manager it runs inside the block."""

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

    def __enter__(self) -> Self:
        """Start the process."""
        try:
            self.start()
        except BaseException:
            self.part.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.part.stop()

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Send a request to a path or URL; its status, body and lower-case headers, whatever the status."""
        data = None if body is None else json.dumps(body).encode()
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, data, headers or {}, method=method)  # noqa: S310 - our own host
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            answer = urllib.request.urlopen(request, timeout=60)  # noqa: S310 - our own host
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, answer.read(), headers

    def start_instance(self, name: str, value: Any = None, instance: str = "") -> str:
        """Start an orchestration through the app's own route; its id."""
        path = f"/api/start/{name}" + (f"/{instance}" if instance else "")
        status, body, _ = self.request("POST", path, value)
        assert status == 202, (status, body)
        return str(json.loads(body)["id"])

    def status(self, instance: str, query: str = "") -> dict[str, Any]:
        """The status of an instance from Durable's HTTP API."""
        _, body, _ = self.request("GET", f"/runtime/webhooks/durabletask/instances/{instance}{query}")
        return dict(json.loads(body))

    def wait_for_end(self, instance: str, seconds: float = 30) -> dict[str, Any]:
        """Wait until an instance has ended; its status."""
        found: dict[str, Any] = {}

        def has_ended() -> bool:
            found.update(self.status(instance))
            return found["runtimeStatus"] in ("Completed", "Failed", "Terminated")

        wait_for(has_ended, seconds)
        return found

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement reads from the durable state."""
        database = sqlite3.connect(self.state / "durable.db")
        try:
            return database.execute(statement, values).fetchall()
        finally:
            database.close()

    def lines(self) -> list[str]:
        """The lines that the app's functions wrote."""
        return self.notes.read_text(encoding="utf-8").splitlines() if self.notes.exists() else []

    def notes_of(self, kind: str) -> list[list[Any]]:
        """The JSON lists that the app wrote with this kind as their first element, without the kind."""
        return [values[1:] for values in map(json.loads, self.lines()) if values[0] == kind]


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not hold in time"
        time.sleep(0.02)


MakeHost = Callable[..., RunningHost]
"""Starts a host, given an app folder under tests/host/apps, options, and app settings as keywords."""
