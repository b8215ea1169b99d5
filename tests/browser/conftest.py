"""One local run and one browser for all browser tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.dashboard import Dashboard
from tests.e2e.site import Site, run_site

SETTINGS = {"EXPORT_SCHEDULE": "*/30 * * * * *", "LANDFALL__SUBMISSION__GRACE_SECONDS": "1"}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Storage, F&O and app, ready, with an export every 30 seconds and one second of patience for a lost answer."""
    with run_site(tmp_path_factory.mktemp("site"), **SETTINGS) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for one test file: while Playwright is open, no other test of the process can run an event loop."""
    with chromium() as started:
        yield started


@pytest.fixture
def dashboard(site: Site, browser: Browser) -> Iterator[Dashboard]:
    """The dashboard of that run. What a test opens is closed after it."""
    yield Dashboard(site, browser)
    for context in browser.contexts:
        context.close()
