"""Actions on the pages: correct rows, run again, cancel, hold and release, each with a reason that is kept."""

from pathlib import Path

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import needs_chromium
from tests.browser.dashboard import DESK, PHONE, Dashboard
from tests.browser.test_watching import customers
from tests.e2e.site import customer_groups
from tests.e2e.test_repairs import corrected

pytestmark = needs_chromium


def act(where: Page | Locator, summary: str, button: str, why: str = "tried by a test") -> None:
    """Open an action of a page or of a part of it, fill in a reason and carry it out."""
    page = where if isinstance(where, Page) else where.page
    action = where.locator("details").filter(has=page.get_by_text(summary, exact=True))
    action.locator("summary").click()
    action.get_by_label("Reason (required)").fill(why)
    action.get_by_role("button", name=button).click()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_rejected_rows_are_corrected_and_go_through(
    dashboard: Dashboard, size: dict[str, int], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Drop a file, open its errors, download repair.zip, correct it, upload it, see Succeeded."""
    project = f"Mend {request.node.callspec.id}"
    dashboard.site.drop(f"packages/USMF/{project}.zip", customers(project, "10", "NONE"))
    page = dashboard.page(size=size)
    line = page.get_by_role("row").filter(has_text=f"{project}.zip")
    expect(line).to_contain_text("Partly succeeded", timeout=60_000)
    line.get_by_role("link").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="repair.zip").click()
    fixed = tmp_path / "fixed.zip"
    fixed.write_bytes(corrected(download.value.path().read_bytes(), {"Customers V3.csv": ("utf-8", "NONE", "10")}))

    page.get_by_text("Upload the corrected repair.zip").click()
    page.get_by_label("Corrected package").set_input_files(fixed)
    page.get_by_role("button", name="Import corrected rows").click()
    expect(page.locator("#toast")).to_contain_text("1 corrected row sent.")
    page.get_by_role("link", name="Open run").click()

    expect(page.locator(".facts .status")).to_contain_text("Succeeded", timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("repair")
    repair = page.url.rpartition("/")[2]
    page.get_by_role("list", name="Related runs").get_by_role("link").click()
    expect(page.locator(".reason.good")).to_contain_text("Dealt with by a repair at")
    expect(page.locator(".related")).to_contain_text(f"Repaired by {repair}")
    rows = dashboard.site.fno("rows/CustomersV3?company=USMF")["rows"]
    assert f"{project[:8]}-1" in {row["CustomerAccount"] for row in rows}


def test_an_upload_that_is_no_package_is_refused(dashboard: Dashboard, tmp_path: Path) -> None:
    """The page says what is wrong with the upload."""
    dashboard.site.drop("packages/USMF/unmended.zip", customers("Unmended", "10", "NONE"))
    run = dashboard.site.run_of("packages/USMF/unmended.zip")
    other = tmp_path / "other.zip"
    other.write_bytes(b"no package")
    page = dashboard.page(f"/runs/{run['run_id']}")

    page.get_by_text("Upload the corrected repair.zip").click()
    page.get_by_label("Corrected package").set_input_files(other)
    page.get_by_role("button", name="Import corrected rows").click()

    expect(page.locator("#toast .bad")).to_contain_text("zip")


def test_a_failed_run_is_run_again_with_its_reason(dashboard: Dashboard) -> None:
    """Its page shows the next attempt, and who asked for it and why."""
    name = "packages/USMF/once-more.zip"
    dashboard.site.drop(name, customers("Once more", "MISSING"))
    run = dashboard.site.run_of(name)
    dashboard.site.drop("packages/USMF/missing.zip", customer_groups("Missing", ("MISSING", "Now there")))
    dashboard.site.run_of("packages/USMF/missing.zip")
    page = dashboard.page(f"/runs/{run['run_id']}")

    act(page, "Run it again", "Run it again", "the <b>group</b> is there now")

    expect(page.locator("#toast")).to_contain_text("Started attempt 2.")
    expect(page.locator(".facts")).to_contain_text("attempt 2")
    expect(page.locator(".facts .status")).to_contain_text("Succeeded", timeout=60_000)
    expect(page.locator(".history")).to_contain_text(
        'Someone with the function key ran it again: "the <b>group</b> is there now"'
    )


def test_a_lane_is_held_and_a_waiting_run_canceled(dashboard: Dashboard) -> None:
    """The Lanes page holds and releases a lane of any name; a waiting run that nobody waits for ends Canceled."""
    project = "Held 50%25/groups"
    dashboard.site.switch(durations={project: 6})
    for name in ("held-1", "held-2", "held-3"):
        dashboard.site.drop(f"packages/USMF/{name}.zip", customer_groups(project, ("H", name)))
        dashboard.site.wait(lambda at=name: waits(dashboard, at), name)
    page = dashboard.page("/lanes")
    lane = page.locator("section.lane").filter(has_text=project.lower())
    expect(lane.get_by_role("listitem")).to_have_count(2)
    act(lane, "Hold", "Hold lane", "work in F&O")
    expect(lane).to_contain_text("Held: Someone with the function key held the lane: work in F&O", timeout=15_000)

    canceled = dashboard.site.run_of("packages/USMF/held-3.zip", done=False)
    run_page = dashboard.page(f"/runs/{canceled['run_id']}")
    act(run_page, "Stop waiting", "Stop waiting")
    expect(run_page.locator(".facts .status")).to_contain_text("Canceled", timeout=60_000)

    act(lane, "Release", "Release lane")
    assert dashboard.site.run_of("packages/USMF/held-2.zip")["outcome"] == "Succeeded"


def test_a_failure_is_marked_as_dealt_with(dashboard: Dashboard) -> None:
    """Its page says by whom and why, the tile leads to what is still open, and there is a way back."""
    dashboard.site.drop("packages/USMF/by-hand.zip", customers("By hand", "10", "NONE"))
    run = dashboard.site.run_of("packages/USMF/by-hand.zip")
    page = dashboard.page()
    page.get_by_role("link", name="Open failures").click()
    line = page.get_by_role("row").filter(has_text="by-hand.zip")
    line.get_by_role("link").click()
    expect(page.locator(".means")).to_contain_text("What to do:")

    act(page, "Mark as dealt with", "Mark as dealt with", "typed in by hand")

    expect(page.locator("#toast")).to_contain_text("Marked as dealt with.")
    expect(page.locator("#live")).to_contain_text("Dealt with by Someone with the function key")
    expect(page.locator(".reason.good")).to_contain_text("typed in by hand")
    expect(page.locator(".means")).not_to_contain_text("What to do:")
    expect(page.get_by_text("Mark as dealt with", exact=True)).to_have_count(0)
    page.goto(f"{dashboard.base}?status=OpenFailure")
    expect(page.get_by_role("row").filter(has_text="by-hand.zip")).to_have_count(0)
    assert run["run_id"] not in {each["run_id"] for each in dashboard.site.runs(open_failure="true")}

    page.goto(f"{dashboard.base}/runs/{run['run_id']}")
    act(page, "Open the failure again", "Open again", "the wrong one")
    expect(page.locator(".history")).to_contain_text('opened the failure again: "the wrong one"')
    assert run["run_id"] in {each["run_id"] for each in dashboard.site.runs(open_failure="true")}


def test_ticked_runs_are_dealt_with_at_once(dashboard: Dashboard) -> None:
    """Ticks outlast the page's refreshing; each run is treated by itself, and the page says which was refused."""
    for name in ("many-1", "many-2"):
        dashboard.site.drop(f"packages/USMF/{name}.zip", customers(name, "10", "NONE"))
    dashboard.site.drop("packages/USMF/many-3.zip", customer_groups("Many", ("MN", "Good")))
    runs = [dashboard.site.run_of(f"packages/USMF/many-{number}.zip") for number in (1, 2, 3)]
    page = dashboard.page()
    for name in ("many-1.zip", "many-2.zip", "many-3.zip"):
        page.get_by_label(f"Tick {name}").check()
    with page.expect_response(lambda answer: answer.url == dashboard.base and answer.request.method == "GET"):
        pass
    expect(page.get_by_label("Tick many-1.zip")).to_be_checked()

    action = page.locator("#do-many")
    action.locator("summary").click()
    action.get_by_label("Action").select_option("dealt_with")
    action.get_by_label("Reason (required)").fill("all typed in")
    action.get_by_role("button", name="Do it").click()

    expect(page.locator("#toast")).to_contain_text("2 of 3 runs done.")
    expect(page.locator("#toast")).to_contain_text(f"Run {runs[2]['run_id']} ended Succeeded")
    expect(page.get_by_label("Tick many-1.zip")).not_to_be_checked()
    expect(page.get_by_role("row").filter(has_text="many-1.zip")).to_contain_text("dealt with")
    assert not {run["run_id"] for run in runs} & {each["run_id"] for each in dashboard.site.runs(open_failure="true")}


@pytest.mark.slow
def test_a_run_that_needs_a_person_is_resolved(dashboard: Dashboard) -> None:
    """A person records the outcome with a reason; the run ends with it and keeps who recorded it."""
    lost = {"operation": "ImportFromPackage", "when": "before", "do": {"drop": True}}
    for nth in (1, 2):
        dashboard.site.plan_fault({**lost, "nth": nth})
    dashboard.site.drop("packages/USMF/unknown.zip", customer_groups("Unknown", ("UN", "Known")))
    run = dashboard.site.run_of("packages/USMF/unknown.zip")
    assert run["outcome"] == "NeedsAttention"
    page = dashboard.page(f"/runs/{run['run_id']}")

    form = page.locator("details").filter(has_text="Record the outcome")
    form.locator("summary").click()
    form.get_by_label("In F&O").select_option("it did not")
    form.get_by_label("Reason (required)").fill("not in Job history")
    form.get_by_role("button", name="Record").click()

    expect(page.locator(".facts .status")).to_contain_text("Failed", timeout=60_000)
    expect(page.locator(".history")).to_contain_text(
        'Someone with the function key recorded that it did not run: "not in Job history"'
    )
    expect(page.get_by_text("Run it again", exact=True).first).to_be_visible()


def test_an_export_is_run_now(dashboard: Dashboard) -> None:
    """A card starts a full export, and its run keeps who requested it; invalid input is refused with a message."""
    page = dashboard.page("/exports")
    card = page.locator("section").filter(has_text="customer-groups")
    card.get_by_text("Run now").click()
    card.get_by_label("Full export (not only changes)").check()
    card.get_by_label("Preview").fill("5")
    card.get_by_label("Reason (required)").fill("a file was lost")
    card.get_by_role("button", name="Run export").click()
    expect(page.locator("#toast .bad")).to_contain_text("not both")

    card.get_by_label("Preview").fill("")
    card.get_by_role("button", name="Run export").click()
    page.get_by_role("link", name="Open run").click()

    expect(page.locator(".history")).to_contain_text('requested a full export: "a file was lost"')
    expect(page.locator(".facts .status")).to_contain_text("Succeeded", timeout=90_000)


def waits(dashboard: Dashboard, name: str) -> bool:
    """Whether the run of a file is in its lane or waits for it."""
    states = {"Waiting", "Submitting", "Running"}
    return any(
        name in (run["source"] or {}).get("name", "") and run["state"] in states for run in dashboard.site.runs()
    )


def test_actions_need_a_page_of_the_dashboard(dashboard: Dashboard) -> None:
    """Without a session, without the page's token, or from another site, nothing happens."""
    page = dashboard.page()
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    token = next(each["value"] for each in page.context.cookies() if each["name"] == "landfall_csrf")
    address = f"{dashboard.base}/lanes/never/hold"

    def post(**headers: str) -> int:
        answer = requests.post(address, data={"reason": "x"}, headers=headers, timeout=60, allow_redirects=False)
        return answer.status_code

    assert post() == 303
    assert post(Cookie=cookies) == 403
    assert post(Cookie=cookies, **{"X-CSRF-Token": "x" * 43}) == 403
    assert post(Cookie=cookies, **{"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"}) == 403
    assert "never" not in dashboard.site.call("GET", "lanes").text
    assert post(Cookie=cookies, **{"X-CSRF-Token": token}) == 200
    assert "never" in dashboard.site.call("GET", "lanes").text
