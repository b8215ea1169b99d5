"""The app's own client, for the same environment as the plain caller."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests

from landfall.config.behaviour import Submission
from landfall.config.environments import Fno
from landfall.fno import EntraTokens, ExportRequest, FnoClient, Identity, ImportRequest
from landfall.services import fno_client
from tests.contract.conftest import Caller, emulator_only
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))
IDS = count(1)


class Careful(requests.Session):
    """A session that skips a test before it would change a real environment."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send requests that only read, and any request to an emulator."""
        action = str(request.url).rpartition(".")[2]
        if request.method == "POST" and not action.startswith("Get"):
            emulator_only(f"{action} would change the environment")
        return super().send(request, **options)


def identity_of(ready: dict[str, Any]) -> Identity:
    """Return the identity that a ready line names."""
    return Identity(
        tenant=ready["tenant"],
        client_id=ready["client_id"],
        client_secret=ready["client_secret"],
        authority=ready["authority"],
        ca_bundle=ready["ca"] if isinstance(ready["ca"], str) else None,
    )


@pytest.fixture
def client(fno: Caller) -> Iterator[FnoClient]:
    """A client that starts executions by the plain actions."""
    url = fno.ready["url"]
    with Careful() as session:
        yield FnoClient(url, EntraTokens(url, identity_of(fno.ready)), session=session)


@pytest.fixture
def eager(fno: Caller) -> FnoClient:
    """The app's client for `submission.action: auto`."""
    emulator_only("an execution would change the environment")
    names = ("url", "tenant", "client_id", "client_secret", "authority")
    environment = Fno.model_validate({**{each: fno.ready[each] for each in names}, "ca_bundle": fno.ready["ca"]})
    return fno_client(environment, Submission(action="auto"))


def import_of(client: FnoClient, content: bytes, **changes: Any) -> ImportRequest:
    """Upload a package and return the request to import it."""
    emulator_only("an import would change the environment")
    number = next(IDS)
    place = client.write_url(f"client-{number}.zip")
    put = requests.put(place.url, data=content, headers={"x-ms-blob-type": "BlockBlob"}, timeout=30)
    assert put.status_code == 201, put.text
    return ImportRequest(place.url, f"Client {number}", f"client-{number}", "USMF", **changes)


def export_of(project: str, **changes: Any) -> ExportRequest:
    """Return a request to export a project, under a new id."""
    return ExportRequest(project, f"client-{next(IDS)}", "USMF", **changes)


def answered(fno: Caller, action: str) -> list[int]:
    """Return the statuses with which the emulator answered an action."""
    log = fno.control("GET", f"operations?operation={action}")["operations"]
    return [each["status"] for each in log if each["phase"] == "end"]
