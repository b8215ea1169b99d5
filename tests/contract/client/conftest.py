"""The app's own client, at the same environment as the plain caller beside it."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests

from landfall.config.plan import Submission
from landfall.config.settings import Fno
from landfall.fno import EntraTokens, ExportRequest, FnoClient, Identity, ImportRequest
from landfall.services import fno_client
from tests.contract.conftest import Caller, emulator_only
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))
IDS = count(1)


class Careful(requests.Session):
    """A session that ends a test as skipped before it would change a real environment."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send what only reads, and everything to an emulator."""
        action = str(request.url).rpartition(".")[2]
        if request.method == "POST" and not action.startswith("Get"):
            emulator_only(f"{action} would change the environment")
        return super().send(request, **options)


def identity_of(ready: dict[str, Any]) -> Identity:
    """Who a ready line says that we are."""
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
    """A client as the app makes it where landfall.yaml says `submission.action: auto`."""
    emulator_only("an execution would change the environment")
    names = ("url", "tenant", "client_id", "client_secret", "authority")
    environment = Fno.model_validate(
        {**{each: fno.ready[each] for each in names}, "ca_bundle": fno.ready["ca"]}
    )
    return fno_client(environment, Submission(action="auto"))


def import_of(client: FnoClient, content: bytes, **changes: Any) -> ImportRequest:
    """A request to import a package, which lies where F&O wants it."""
    emulator_only("an import would change the environment")
    number = next(IDS)
    place = client.write_url(f"client-{number}.zip")
    put = requests.put(place.url, data=content, headers={"x-ms-blob-type": "BlockBlob"}, timeout=30)
    assert put.status_code == 201, put.text
    return ImportRequest(place.url, f"Client {number}", f"client-{number}", "USMF", **changes)


def export_of(project: str, **changes: Any) -> ExportRequest:
    """A request to export a project, under an id of its own."""
    return ExportRequest(project, f"client-{next(IDS)}", "USMF", **changes)


def answered(fno: Caller, action: str) -> list[int]:
    """How the emulator answered the calls of an action."""
    log = fno.control("GET", f"operations?operation={action}")["operations"]
    return [each["status"] for each in log if each["phase"] == "end"]
