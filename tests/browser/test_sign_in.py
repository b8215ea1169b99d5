"""Who may see the dashboard, and where the function key is not kept."""

import re

import pytest
import requests
from playwright.sync_api import expect

from landfall.cli.app_api import AppApi
from tests.browser.chromium import needs_chromium
from tests.browser.dashboard import Dashboard

pytestmark = needs_chromium


def test_the_key_opens_the_dashboard_and_is_kept_nowhere(dashboard: Dashboard) -> None:
    """A visitor signs in with the function key and gets to the requested page; signing out ends that."""
    page = dashboard.stranger()
    page.goto(f"{dashboard.base}/lanes")
    page.get_by_label("Function key").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This key is not valid.")).to_be_visible()

    page.get_by_label("Function key").fill(dashboard.site.stack.app.key or "")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{dashboard.base}/lanes")

    cookies = page.context.cookies()
    assert {each["name"] for each in cookies} == {"landfall_session", "landfall_csrf"}
    assert {(each["httpOnly"], each["sameSite"], each["path"]) for each in cookies} == {
        (True, "Strict", "/api/dashboard")
    }
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in$"))
    page.goto(dashboard.base)
    expect(page).to_have_url(re.compile("/sign-in"))
    page.context.add_cookies(cookies)
    page.goto(dashboard.base)
    expect(page).to_have_url(re.compile("/sign-in"))
    log = dashboard.site.stack.parts["host"].log.read_text()
    assert (dashboard.site.stack.app.key or "?") not in log


def test_a_link_opens_the_dashboard_once(dashboard: Dashboard) -> None:
    """Its ticket leaves the address and works once; a second visitor without a session must use the key."""
    link = AppApi(dashboard.site.stack.app).dashboard_link()
    page = dashboard.stranger()
    page.goto(link)
    expect(page).to_have_url(dashboard.base)
    page.goto(link)
    expect(page).to_have_url(dashboard.base)

    other = dashboard.stranger()
    other.goto(link)
    expect(other.get_by_text("link was used before")).to_be_visible()
    assert "#" not in other.url


@pytest.mark.parametrize("path", ["", "/exports", "/lanes", "/runs/imp-1", "/runs/imp-1/files/receipt"])
def test_pages_need_a_session(dashboard: Dashboard, path: str) -> None:
    """Without one they redirect to the sign-in page, and so do the requests of an open page."""
    for headers in ({}, {"Cookie": "landfall_session=made-up"}):
        answer = dashboard.get(path, **headers)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/api/dashboard/sign-in?next=/api/dashboard")
        assert answer.text == ""
    asked_again = dashboard.get(path, **{"HX-Request": "true", "HX-Current-URL": f"{dashboard.base}?period=24h"})
    assert asked_again.status_code == 401
    assert asked_again.headers["HX-Redirect"] == "/api/dashboard/sign-in?next=/api/dashboard%3Fperiod%3D24h"


def test_sessions_need_the_key(dashboard: Dashboard) -> None:
    """Without it there are no sessions or tickets, and a made-up ticket is refused."""
    for path in ("session", "tickets", "tickets/use"):
        answer = requests.post(f"{dashboard.base}/{path}", headers={"X-Landfall-Ticket": "x"}, timeout=60)
        assert (path, answer.status_code, answer.headers.get("Set-Cookie")) == (path, 401, None)


def test_the_sign_in_page_leads_nowhere_else(dashboard: Dashboard) -> None:
    """Whatever address a link names, signing in leads to the dashboard."""
    for wanted in ("https://example.com/", "//example.com", "/api/dashboardx", "javascript:alert(1)"):
        assert 'data-goal="/api/dashboard"' in dashboard.get(f"/sign-in?next={wanted}").text


def test_static_files_are_those_of_the_pages_and_no_others(dashboard: Dashboard) -> None:
    """They have their types and are cached for a year by version; no path leads out of their folder."""
    page = dashboard.get("/sign-in").text
    for address, kind in re.findall(r'"/api/dashboard(/static/[\w.-]+\.(\w+)\?v=\w+)"', page):
        answer = dashboard.get(address)
        expected = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}[kind]
        assert answer.headers["Content-Type"].split(";")[0] == expected
        assert "immutable" in answer.headers["Cache-Control"]
        assert dashboard.get(address.split("?")[0]).headers["Cache-Control"] == "no-cache"
    for name in ("..%2Fassets.py", "..%2F..%2F..%2Flandfall.yaml", "nothing.css", "%2Fetc%2Fpasswd"):
        assert dashboard.get(f"/static/{name}").status_code == 404


def test_pages_may_load_nothing_but_their_own(dashboard: Dashboard) -> None:
    """The policy forbids inline scripts and styles, eval, other sites and frames."""
    policy = dashboard.get("/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
