"""One local run and one browser for all browser tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from local.stack import running
from tests.browser.chromium import chromium
from tests.browser.dashboard import Dashboard
from tests.e2e.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Storage, F&O and app, up and ready, with an export due once in a while."""
    folder = tmp_path_factory.mktemp("site")
    with running(folder, settings={"EXPORT_SCHEDULE": "*/30 * * * * *"}) as stack:
        yield Site(stack, folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture
def dashboard(site: Site, browser: Browser) -> Iterator[Dashboard]:
    """The dashboard of that run; what a test opened is closed."""
    yield Dashboard(site, browser)
    for context in browser.contexts:
        context.close()
