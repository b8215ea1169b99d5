"""A local run whose host is killed and whose F&O misbehaves; short waits, since nothing here is about patience."""

from collections.abc import Iterator

import pytest

from tests.e2e.site import Site, run_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Storage, F&O and app; what F&O does not know after three seconds, it does not know."""
    folder = tmp_path_factory.mktemp("site")
    settings = {
        "LANDFALL__POLLING__FLOOR_SECONDS": "2",  # looks rarer than the sweeper's patience, so that rows become quiet
        "LANDFALL__SUBMISSION__GRACE_SECONDS": "3",
        "LANDFALL__SWEEPER__SCHEDULE": "0 0 0 1 1 *",
        "LANDFALL__SWEEPER__PATIENCE_SECONDS": "1",
    }
    with run_site(folder, **settings) as site:
        yield site
