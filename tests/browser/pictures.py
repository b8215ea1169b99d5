"""Takes the pictures of docs/operating.md (`make pictures`): fills a local run and photographs its pages."""

import random
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from local.stack import ROOT, run_stack
from samples.build import package
from tests.browser.chromium import chromium
from tests.browser.dashboard import PHONE, Dashboard
from tests.e2e.site import Site, customer_groups

PICTURES = ROOT / "docs" / "pictures"
WIDE = {"width": 1080, "height": 720}
SLOW = "Vendor groups"
CUSTOMERS = ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE"]


def fill(site: Site) -> str:
    """Make runs of every kind; return the id of one with refused rows."""
    site.switch(durations={SLOW: 90})
    chance = random.Random(7)  # noqa: S311  for a line with ups and downs, the same each time
    groups = [(f"G{number:02}", f"Group {number}") for number in range(40)]
    for number, month in enumerate(("march", "april", "may", "june")):
        some = chance.sample(groups, chance.randint(4, 30))
        site.drop(f"packages/USMF/groups-{month}.zip", customer_groups("Customer groups", *some))
        site.run_of(f"packages/USMF/groups-{month}.zip")
        site.wait(lambda at=number: exports_done(site) > at, "an export")
    site.drop("packages/USMF/customers-june.zip", customers())
    site.drop("packages/USMF/prices.zip", b"no package")
    found = site.run_of("packages/USMF/customers-june.zip")
    for name in ("vendors-1", "vendors-2", "vendors-3"):
        site.drop(f"packages/USMF/{name}.zip", customer_groups(SLOW, ("V1", name)))
    site.wait(lambda: states(site).count("Waiting") > 1 and "Running" in states(site), "a queue")
    return str(found["run_id"])


def exports_done(site: Site) -> int:
    """How many exports have exported rows."""
    return sum(run["export"] is not None and run["outcome"] == "Succeeded" for run in site.runs())


def states(site: Site) -> list[str]:
    """The states of the runs."""
    return [run["state"] for run in site.runs()]


def customers() -> bytes:
    """A package of customers, some of which F&O refuses for two reasons, and of their groups."""
    rows = [
        [
            f"US-{number:03}",
            f"Customer {number}",
            "" if number % 40 == 7 else "10",
            "USD" if number % 9 else "XXX",
        ]
        for number in range(240)
    ]
    return package(
        {
            "data_project": "Customers",
            "entities": [
                {"entity": "Customers V3", "format": "CSV", "rows": [CUSTOMERS, *rows]},
                {
                    "entity": "Customer groups",
                    "format": "CSV",
                    "rows": [
                        ["CUSTOMERGROUPID", "DESCRIPTION"],
                        *([f"G{n:02}", f"Group {n}"] for n in range(60)),
                    ],
                },
            ],
        }
    )


def take(page: Page, name: str, height: int) -> None:
    """Photograph the top of a page."""
    page.wait_for_timeout(300)
    size = page.viewport_size
    assert size
    page.screenshot(
        path=PICTURES / f"{name}.png",
        full_page=True,
        clip={"x": 0, "y": 0, "width": size["width"], "height": height},
        animations="disabled",
    )


def main() -> None:
    """Take all pictures."""
    PICTURES.mkdir(exist_ok=True)
    settings = {"EXPORT_SCHEDULE": "*/10 * * * * *"}
    with (
        tempfile.TemporaryDirectory() as folder,
        run_stack(Path(folder), settings=settings) as stack,
        chromium() as browser,
    ):
        site = Site(stack, Path(folder))
        run_id = fill(site)
        dashboard = Dashboard(site, browser)
        page = dashboard.page(size=WIDE)
        take(page, "runs", 560)
        page.goto(f"{dashboard.base}/runs/{run_id}")
        take(page, "run", 870)
        page.goto(f"{dashboard.base}/exports")
        take(page, "exports", 400)
        page.goto(f"{dashboard.base}/lanes")
        take(page, "lanes", 430)
        take(dashboard.page(scheme="dark", size=PHONE), "phone", 844)


if __name__ == "__main__":
    main()
