"""Watching a file: the page refreshes by itself, and shows names and messages as text."""

from playwright.sync_api import expect

from samples.build import package
from tests.browser.chromium import needs_chromium
from tests.browser.dashboard import Dashboard

pytestmark = needs_chromium

HEADER = ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE"]
HTML = "<b>x</b>"
"""Markup that fits into the field that F&O's message quotes."""


def customers(project: str, *groups: str) -> bytes:
    """A package of customers, one in each of the groups."""
    rows = [HEADER, *([f"{project[:8]}-{n}", "A name", group, "USD"] for n, group in enumerate(groups))]
    entity = {"entity": "Customers V3", "format": "CSV", "rows": rows}
    return package({"data_project": project, "entities": [entity]})


def test_a_dropped_file_can_be_watched_to_its_end(dashboard: Dashboard) -> None:
    """It appears, moves and ends without a reload; its page shows the refused rows and offers the files."""
    dashboard.site.switch(durations={"Seen": 6})
    page = dashboard.page()
    page.evaluate("window.loadedOnce = true")
    seen: list[str] = []
    page.expose_function("noteStatus", lambda status: seen.append(status))  # noqa: PLW0108  it wants a function
    page.evaluate(
        """new MutationObserver(() => {
            const row = [...document.querySelectorAll('tr')].find(each => each.textContent.includes('seen.zip'))
            const status = row?.querySelector('.status')?.textContent
            if (status) noteStatus(status)
        }).observe(document.body, {subtree: true, childList: true, characterData: true})"""
    )

    dashboard.site.drop("packages/USMF/seen.zip", customers("Seen", "10", "NONE", "NEVER"))
    line = page.get_by_role("row").filter(has_text="seen.zip")
    expect(line).to_contain_text("Partly succeeded", timeout=60_000)

    assert page.evaluate("window.loadedOnce")
    assert "●Running" in seen
    line.get_by_role("link").click()
    expect(page.get_by_role("img", name="F&O running")).to_be_visible()
    expect(page.get_by_role("heading", name="Rejected rows")).to_be_visible()
    message = page.get_by_text("The value '…' in field 'Customer group' is not found")
    message.click()
    expect(page.get_by_role("cell", name="The value 'NEVER'")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="errors.csv").click()
    assert download.value.suggested_filename == f"{page.url.rpartition('/')[2]}-errors.csv"
    assert "NEVER" in download.value.path().read_text(encoding="utf-8-sig")


def test_names_and_messages_stay_text(dashboard: Dashboard) -> None:
    """A script in a file's name and HTML in a message of F&O are shown as text, and nothing of them runs."""
    name = "packages/USMF/<script>alert('name')<script>.zip"
    dashboard.site.drop(name, customers("Markup", HTML))
    run = dashboard.site.run_of(name)
    page = dashboard.page()
    page.on("dialog", lambda dialog: (_ for _ in ()).throw(AssertionError(dialog.message)))

    page.get_by_role("link", name="<script>alert('name')<script>.zip").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert('name')<script>.zip")
    page.locator("details.message summary").first.click()
    expect(page.get_by_text(f"The value '{HTML}' in field").first).to_be_visible()
    assert page.locator("main script, main q b").count() == 0
    assert run["outcome"] == "Failed"


def test_a_refresh_does_not_disturb(dashboard: Dashboard) -> None:
    """Open details stay open, typed text stays, and the focus stays where it is."""
    dashboard.site.drop("packages/USMF/alone.zip", customers("Alone", "NONE"))
    run = dashboard.site.run_of("packages/USMF/alone.zip")
    page = dashboard.page()
    page.get_by_label("Full file path").fill("half a na")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.evaluate("htmx.trigger(document.getElementById('live'), 'refresh')")
    expect(page.get_by_label("Full file path")).to_have_value("half a na")
    expect(page.get_by_label("Full file path")).to_be_focused()

    page.goto(f"{dashboard.base}/runs/{run['run_id']}")
    page.locator("details.message summary").first.press("Enter")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.evaluate("htmx.trigger(document.getElementById('live'), 'refresh')")
    expect(page.locator("details.message").first).to_have_attribute("open", "")
    expect(page.locator("details.message summary").first).to_be_focused()


def test_filters_are_in_the_address(dashboard: Dashboard) -> None:
    """A chosen status shows only its runs and is part of the address; an empty list says so."""
    dashboard.site.drop("packages/USMF/filtered.zip", b"no package")
    dashboard.site.run_of("packages/USMF/filtered.zip")
    page = dashboard.page()

    page.get_by_label("Status").select_option("Rejected")

    expect(page).to_have_url(f"{dashboard.base}?status=Rejected&name=&period=&company=&file=")
    expect(page.get_by_role("row").filter(has_text="filtered.zip")).to_be_visible()
    assert {each.inner_text() for each in page.locator("tbody .status").all()} == {"✕\nRejected"}
    page.goto(f"{dashboard.base}?company=NONE")
    expect(page.get_by_text("No runs match these filters.")).to_be_visible()


def test_a_page_says_when_it_cannot_reach_landfall(dashboard: Dashboard) -> None:
    """The page keeps its content with a warning until Landfall answers again."""
    page = dashboard.page()
    page.route("**/api/dashboard", lambda route: route.abort())
    page.evaluate("htmx.trigger(document.getElementById('live'), 'refresh')")
    expect(page.get_by_text("Cannot reach Landfall")).to_be_visible()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.unroute("**/api/dashboard")
    expect(page.get_by_text("Cannot reach Landfall")).to_be_hidden(timeout=20_000)
