"""One local run for all end-to-end tests: real Azurite, the emulator and the host as processes."""

from collections.abc import Iterator

import pytest

from local.stack import run_stack
from tests.e2e.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Storage, F&O and app, up and ready, with an export due every ten seconds."""
    folder = tmp_path_factory.mktemp("site")
    with run_stack(folder, settings={"EXPORT_SCHEDULE": "*/10 * * * * *"}) as stack:
        yield Site(stack, folder)
