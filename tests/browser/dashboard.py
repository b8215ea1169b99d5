"""The dashboard as a person uses it: signed in, in light or dark, at a desk or on a phone."""

from typing import Literal

import requests
from playwright.sync_api import Browser, Page

from landfall.cli.app_api import AppApi
from tests.e2e.site import Site

Scheme = Literal["light", "dark"]
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


class Dashboard:
    """The pages of one site, each in its own browser profile."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site = site
        self.base = f"{site.stack.app.url}/api/dashboard"
        self._browser = browser

    def stranger(self, scheme: Scheme = "light", size: dict[str, int] = DESK) -> Page:
        """An empty page of a visitor who has not signed in. A failing script fails the test."""
        context = self._browser.new_context(
            color_scheme=scheme,
            viewport={"width": size["width"], "height": size["height"]},
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("pageerror", _fail)
        return page

    def page(self, path: str = "", scheme: Scheme = "light", size: dict[str, int] = DESK) -> Page:
        """A page of a visitor who opened the link that a local run prints."""
        page = self.stranger(scheme, size)
        page.goto(AppApi(self.site.stack.app).dashboard_link())
        page.wait_for_url(self.base)
        if path:
            page.goto(f"{self.base}{path}")
        return page

    def get(self, path: str, **headers: str) -> requests.Response:
        """The response to a request without a session."""
        return requests.get(f"{self.base}{path}", headers=headers, timeout=60, allow_redirects=False)


def _fail(error: object) -> None:
    raise AssertionError(f"a script of the page failed: {error}")
