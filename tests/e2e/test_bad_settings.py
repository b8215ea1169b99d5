"""An app whose landfall.yaml is no YAML, and that knows no F&O: it answers and says so, and loses no file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.site import Site, customer_groups, run_site
from tests.e2e.test_dashboard_roles import somebody

NAME = "packages/USMF/kept.zip"
UNREADABLE = "own.yaml:2: file: it is not valid YAML: "


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app with such a file and without FNO_URL."""
    folder: Path = tmp_path_factory.mktemp("bad")
    file = folder / "own.yaml"
    file.write_text("imports: [\n", encoding="utf-8")
    settings = {"LANDFALL_FILE": str(file), "FNO_URL": "", "LANDFALL__SWEEPER__PATIENCE_SECONDS": "1"}
    settings |= {"LANDFALL__ACCESS__SIGN_IN": "true", "WEBSITE_AUTH_ENABLED": "True"}
    with run_site(folder / "site", **settings, LANDFALL__SWEEPER__SCHEDULE="* * * * * *") as site:
        yield site


def test_health_and_every_page_say_what_is_wrong(site: Site) -> None:
    """A monitor gets 503 with the line; a person sees it on each page."""
    answer = site.call("GET", "health", **somebody("Runs.Read"))
    assert answer.status_code == 503
    (settings,) = [each for each in answer.json()["checks"] if each["name"] == "settings"]
    assert settings["detail"].startswith(UNREADABLE)
    assert {each["name"] for each in answer.json()["checks"] if each["ok"]} >= {"storage"}
    for page in ("", "/exports", "/lanes"):
        text = requests.get(f"{site.stack.app.url}/api/dashboard{page}", headers=somebody("Runs.Read"), timeout=60).text
        assert UNREADABLE in text, page


def test_files_stay_where_they_are(site: Site) -> None:
    """Neither their event nor the sweeper claims them."""
    etag = site.drop(NAME, customer_groups("Kept", ("KEPT", "Kept")))
    log = site.folder / "logs" / "host.log"
    site.wait(lambda: log.read_text(encoding="utf-8").count('"landed": 1') > 3, "sweeps that have seen it for seconds")
    assert site.call("GET", "runs", **somebody("Runs.Read")).json()["runs"] == []
    assert site.blobs.get_blob_client("landing", NAME).get_blob_properties().etag == etag
