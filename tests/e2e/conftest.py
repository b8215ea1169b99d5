"""One local run for all end-to-end tests: real Azurite, the emulator and the host as processes."""

from collections.abc import Iterator

import pytest

from tests.e2e.site import Site, run_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Storage, F&O and app, up and ready, with no export due."""
    with run_site(tmp_path_factory.mktemp("site")) as site:
        yield site
