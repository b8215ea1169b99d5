"""A running Landfall as a test drives it: drop files, wait for runs, look at what is where."""

import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from azure.storage.blob import BlobServiceClient

from local.stack import Stack, run_stack
from samples.build import package

PATIENCE_SECONDS = 120
CUSTOMER_GROUPS = "Customer groups"
GROUP_COLUMNS = ["CUSTOMERGROUPID", "DESCRIPTION"]


NEVER = "0 0 0 1 1 *"
"""A schedule that is not due while a test runs."""


class Site:
    """One local run. Everything is looked up in storage, over HTTP or in the emulator's log, as a user would."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.blobs = BlobServiceClient.from_connection_string(stack.storage)

    def drop(self, name: str, content: bytes) -> str:
        """Put a file into landing; its ETag."""
        return str(self.blobs.get_blob_client("landing", name).upload_blob(content, overwrite=True)["etag"])

    def call(
        self, method: str, path: str, body: bytes | dict[str, Any] | None = None, **headers: str
    ) -> requests.Response:
        """Call the app's HTTP API with its key; a body of bytes as it is, another as JSON."""
        url, key = f"{self.stack.app.url}/api/{path}", {"x-functions-key": self.stack.app.key or ""}
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        return requests.request(method, url, headers=key | headers, timeout=60, **sent)  # type: ignore[arg-type]

    def fno(self, path: str) -> Any:
        """Ask the emulator's own endpoints."""
        return requests.get(f"{self.stack.emulator['url']}/_emulator/{path}", timeout=60).json()

    def plan_fault(self, fault: dict[str, Any]) -> None:
        """Have something go wrong in the emulator."""
        url = f"{self.stack.emulator['url']}/_emulator/faults"
        requests.post(url, json=fault, timeout=60).raise_for_status()

    def switch(self, **switches: Any) -> None:
        """Turn the emulator's switches."""
        url = f"{self.stack.emulator['url']}/_emulator/settings"
        requests.patch(url, json=switches, timeout=60).raise_for_status()

    def runs(self, **filters: str) -> list[dict[str, Any]]:
        """The runs that match the API's filters, the newest first; without filters all."""
        return list(self.call("GET", f"runs?{urlencode({'limit': '1000', **filters})}").json()["runs"])

    def run_of(self, name: str, *, etag: str | None = None, attempt: int = 1, done: bool = True) -> dict[str, Any]:
        """The run of the file dropped under this name (of this version), once it is there (and done)."""

        def found() -> dict[str, Any] | None:
            for run in self.runs(file=name):
                source = run["source"] or {}
                if source.get("name") == name and run["attempt"] == attempt and etag in {None, source["etag"]}:
                    return run if run["state"] == "Done" or not done else None
            return None

        run: dict[str, Any] = self.wait(found, f"the run of {name}")
        return run

    def wait(self, found: Any, what: str) -> Any:
        """What `found` gives, as soon as it is something."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (result := found()):
            self.stack.check()
            assert time.monotonic() < end, f"{what} did not come: {json.dumps(self.runs()[:3], indent=1)}"
            time.sleep(0.2)
        return result

    def read(self, place: str) -> bytes:
        """A file by its `container/name`."""
        container, _, name = place.partition("/")
        return self.blobs.get_blob_client(container, name).download_blob().readall()

    def names(self, container: str, prefix: str = "") -> list[str]:
        """The blobs of a container."""
        return list(self.blobs.get_container_client(container).list_blob_names(name_starts_with=prefix))

    def errors(self, run: dict[str, Any]) -> list[dict[str, str]]:
        """The lines of a run's errors.csv."""
        return list(csv.DictReader(io.StringIO(self.read(run["files"]["errors"]).decode("utf-8-sig"))))

    def operations(self, operation: str, about: str) -> list[dict[str, Any]]:
        """The emulator's log entries of an operation that mention something."""
        entries = self.fno(f"operations?operation={operation}")["operations"]
        return [entry for entry in entries if about in json.dumps(entry)]


@contextmanager
def run_site(folder: Path, **settings: str) -> Iterator[Site]:
    """Run storage, an F&O that is quick, and the app with these settings; no export is due unless they say so."""
    quick = {"LANDFALL__POLLING__FLOOR_SECONDS": "2", "EXPORT_SCHEDULE": NEVER}
    with run_stack(folder, settings=quick | settings) as stack:
        site = Site(stack, folder)
        site.switch(execution_seconds=0.2, queue_seconds=0.1)
        yield site


def customer_groups(project: str, *groups: tuple[str, str]) -> bytes:
    """A package of customer groups, each an id and a description."""
    rows = [GROUP_COLUMNS, *map(list, groups)]
    entity = {"entity": CUSTOMER_GROUPS, "format": "CSV", "rows": rows}
    return package({"data_project": project, "entities": [entity]})
