"""axe-core finds no serious fault on any page, in light and dark, at a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from samples.build import package
from tests.browser.chromium import needs_chromium
from tests.browser.dashboard import DESK, PHONE, Dashboard, Scheme
from tests.e2e.site import Site

pytestmark = needs_chromium


def faults(page: Page) -> list[str]:
    """The serious and critical faults that axe-core finds, with their elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {[node['html'] for node in each['nodes']][:3]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.fixture(scope="module")
def run_id(site: Site) -> str:
    """A run with refused rows."""
    rows = [["CUSTOMERGROUPID", "DESCRIPTION"], ["AX", "Good"], ["AX", "Twice"]]
    entity = {"entity": "Customer groups", "format": "CSV", "rows": rows}
    site.drop("packages/USMF/axe.zip", package({"data_project": "Axe", "entities": [entity]}))
    run = site.run_of("packages/USMF/axe.zip")
    assert run["outcome"] == "PartiallySucceeded"
    return str(run["run_id"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_has_a_serious_fault(dashboard: Dashboard, run_id: str, scheme: Scheme, size: dict[str, int]) -> None:
    """Runs, a run with all details open, exports, lanes, a missing page and sign-in pass, and none scrolls sideways."""
    inside, outside = dashboard.page(scheme=scheme, size=size), dashboard.stranger(scheme, size)
    found = {}
    for path in ("", "/exports", "/lanes", "/runs/imp-nothing", f"/runs/{run_id}", "/sign-in"):
        page = outside if path == "/sign-in" else inside
        page.goto(f"{dashboard.base}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        found[path] = faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (path, wide) == (path, 0)
    assert not any(found.values()), found
