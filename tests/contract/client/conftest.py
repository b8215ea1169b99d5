"""The app's own client, at the same environment as the plain caller beside it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from landfall.fno import EntraTokens, FnoClient, Identity
from tests.contract.conftest import Caller, emulator_only


class Careful(requests.Session):
    """A session that ends a test as skipped before it would change a real environment."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send what only reads, and everything to an emulator."""
        action = str(request.url).rpartition(".")[2]
        if request.method == "POST" and not action.startswith("Get"):
            emulator_only(f"{action} would change the environment")
        return super().send(request, **options)


@pytest.fixture
def client(fno: Caller) -> Iterator[FnoClient]:
    """A client with tokens of its own."""
    ready = fno.ready
    identity = Identity(
        tenant=ready["tenant"],
        client_id=ready["client_id"],
        client_secret=ready["client_secret"],
        authority=ready["authority"],
        ca_bundle=ready["ca"] if isinstance(ready["ca"], str) else None,
    )
    with Careful() as session:
        yield FnoClient(ready["url"], EntraTokens(ready["url"], identity), session=session)
