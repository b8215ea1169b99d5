"""A caller with a token, for an emulator in its first state or for the environment that `FNO_URL` names.

Tests only read from a real environment, or call it in ways that it must refuse. A test that would do anything else is
skipped with the reason.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests

from fno_emulator.server import Emulator
from fno_emulator.settings import Settings

ACTIONS = "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."
FINAL = ("Succeeded", "PartiallySucceeded", "Failed", "Canceled")
REAL = os.environ.get("FNO_URL", "").rstrip("/")
"""The URL of the environment to test instead of an emulator."""


def emulator_only(reason: str) -> None:
    """Skip the test if it runs against a real environment."""
    if REAL:
        pytest.skip(reason)


def real_environment() -> dict[str, Any]:
    """The values of the emulator's ready line, for the environment that the variables name.

    Raises:
        KeyError: FNO_TENANT, FNO_CLIENT_ID or FNO_CLIENT_SECRET is not set.
    """
    return {
        "url": REAL,
        "authority": os.environ.get("FNO_AUTHORITY", "https://login.microsoftonline.com"),
        "tenant": os.environ["FNO_TENANT"],
        "client_id": os.environ["FNO_CLIENT_ID"],
        "client_secret": os.environ["FNO_CLIENT_SECRET"],
        "ca": os.environ.get("FNO_CA_BUNDLE") or True,
    }


@dataclass
class Caller:
    """Plain HTTP with a bearer token, and the steps that imports and exports share."""

    ready: dict[str, Any]
    session: requests.Session

    def post(self, action: str, **parameters: Any) -> requests.Response:
        """Call an action. Skips the test if the action would change a real environment."""
        if not action.startswith("Get"):
            emulator_only(f"{action} would change the environment")
        return self.refused(action, **parameters)

    def refused(self, action: str, **parameters: Any) -> requests.Response:
        """Call an action in a way that F&O must refuse, so that it changes nothing."""
        return self.session.post(self.ready["url"] + ACTIONS + action, json=parameters, timeout=30)

    def value(self, action: str, **parameters: Any) -> Any:
        """Call an action that must succeed; returns its value."""
        response = self.post(action, **parameters)
        assert response.status_code == 200, response.text
        return response.json()["value"]

    def get(self, path: str) -> requests.Response:
        """Read something under the F&O URL."""
        return self.session.get(self.ready["url"] + path, timeout=30)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call an endpoint below `/_emulator`; returns the JSON of the answer."""
        emulator_only("needs the emulator's own endpoints")
        response = requests.request(method, f"{self.ready['url']}/_emulator/{path}", json=body, timeout=30)
        response.raise_for_status()
        return response.json()

    def write_url(self, name: str) -> str:
        """A write URL for a blob with that name."""
        url: str = json.loads(self.value("GetAzureWriteUrl", uniqueFileName=name))["BlobUrl"]
        return url

    def upload(self, package: bytes, name: str = "") -> str:
        """Upload a package; returns its URL."""
        url = self.write_url(name or f"{uuid4()}.zip")
        put = requests.put(url, data=package, headers={"x-ms-blob-type": "BlockBlob"}, timeout=30)
        assert put.status_code == 201, put.text
        return url

    def start_import(self, package: bytes, project: str = "Test", **changes: Any) -> requests.Response:
        """Upload a package and call ImportFromPackage with the usual parameters."""
        emulator_only("an import would change the environment")
        return self.refused_import(package, project, **changes)

    def refused_import(self, package: bytes, project: str = "", **changes: Any) -> requests.Response:
        """Call ImportFromPackage in a way that F&O must refuse; the default project does not exist."""
        parameters = {
            "packageUrl": self.upload(package),
            "definitionGroupId": project or f"Refused {uuid4()}",
            "executionId": "",
            "execute": True,
            "overwrite": True,
            "legalEntityId": "USMF",
        }
        return self.refused("ImportFromPackage", **(parameters | changes))

    def run_import(self, package: bytes, project: str = "Test", **changes: Any) -> tuple[str, str]:
        """Import a package and wait for its end; returns the execution's id and status."""
        response = self.start_import(package, project, **changes)
        assert response.status_code == 200, response.text
        return response.json()["value"], self.wait(response.json()["value"])

    def run_export(self, project: str, company: str = "USMF", **changes: Any) -> tuple[str, str]:
        """Export a project and wait for its end; returns the execution's id and status."""
        parameters = {"packageName": "out", "executionId": "", "reExecute": False, "legalEntityId": company}
        execution = self.value("ExportToPackage", definitionGroupId=project, **(parameters | changes))
        return execution, self.wait(execution)

    def wait(self, execution: str) -> str:
        """Poll until the status is final; returns the status."""
        for _ in range(600):
            status: str = self.value("GetExecutionSummaryStatus", executionId=execution)
            if status in FINAL:
                return status
            time.sleep(0.05)
        raise AssertionError(f"Execution {execution} did not end within 30 seconds")

    def download(self, execution: str) -> bytes:
        """The package of an export, as soon as F&O returns its URL."""
        for _ in range(50):
            if url := self.value("GetExportedPackageUrl", executionId=execution):
                return requests.get(url, timeout=30).content
        raise AssertionError(f"Execution {execution} has no package")

    def details(self, execution: str) -> list[dict[str, Any]]:
        """Statuses and counts per entity, read over OData."""
        response = self.get(f"/data/DataManagementExecutionJobDetails?$filter=JobId eq '{execution}'")
        found: list[dict[str, Any]] = response.json()["value"]
        return found

    def rows(self, collection: str, query: str = "") -> list[dict[str, Any]]:
        """Target rows of all companies, read over OData."""
        response = self.get(f"/data/{collection}?cross-company=true{query}")
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["value"]
        return found


def without_company(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without etag and company, to compare companies."""
    return [{k: v for k, v in row.items() if k not in ("@odata.etag", "dataAreaId")} for row in rows]


def token(ready: dict[str, Any], **changes: str) -> requests.Response:
    """Request a token from the v2 endpoint."""
    form = {
        "grant_type": "client_credentials",
        "client_id": ready["client_id"],
        "client_secret": ready["client_secret"],
        "scope": f"{ready['url']}/.default",
    }
    url = f"{ready['authority']}/{ready['tenant']}/oauth2/v2.0/token"
    return requests.post(url, data=form | changes, verify=ready["ca"], timeout=30)


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """One emulator with short executions, for all tests."""
    emulator_only("needs the emulator itself")
    with Emulator(settings=Settings(execution_seconds=0.1, queue_seconds=0.05)) as emulator:
        yield emulator


@pytest.fixture
def seeded() -> None:
    """For tests that expect the emulator's own rows, projects, jobs or clients."""
    emulator_only("expects the emulator's own rows, projects, jobs or clients")


@pytest.fixture
def fno(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A caller of an emulator in its first state, or of the real environment."""
    if REAL:
        ready = real_environment()
    else:
        running: Emulator = request.getfixturevalue("running")
        running.reset()
        ready = running.ready
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token(ready).json()['access_token']}"
        yield Caller(ready, session)
