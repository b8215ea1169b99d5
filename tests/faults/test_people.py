"""People while their channel is down: no run waits for it, and one message tells them of all in the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.ports import free_ports
from tests.e2e.site import Site, run_site
from tests.unit.people.adaptive_card import WebhookMessage, texts_of
from tests.unit.receiver import receiving

PLAN = """\
imports:
  - {name: packages, path: "packages/{company}/{name}.zip"}
notices:
  app_url: https://landfall.example
  people:
    - {name: ops, teams: "%TEAMS%", routes: [packages], when: [failed]}
"""
PORT = free_ports(0)[0]
FILES = [f"packages/USMF/broken-{number}.zip" for number in range(5)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A local run with a rule for a workflow that nobody serves yet."""
    folder: Path = tmp_path_factory.mktemp("told")
    file = folder / "own.yaml"
    file.write_text(PLAN, encoding="utf-8")
    settings = {"LANDFALL_FILE": str(file), "TEAMS": f"http://127.0.0.1:{PORT}/hook?sig=VERY-SECRET"}
    with run_site(folder / "site", **settings) as site:
        yield site


@pytest.mark.slow
def test_a_dead_channel_delays_no_run_and_gets_one_card(site: Site) -> None:
    """Five files that are no zip end Rejected at once; later one card counts them. The URL is written nowhere."""
    for name in FILES:
        site.drop(name, b"no zip")
    runs = [site.run_of(name) for name in FILES]
    assert {run["outcome"] for run in runs} == {"Rejected"}
    refused = site.call("POST", "notices/ops/test")
    assert (refused.status_code, "did not answer" in refused.json()["detail"]) == (502, True)
    with receiving(503, port=PORT) as receiver:
        site.wait(lambda: receiver.got, "the card")
    ((_, body),) = receiver.got
    card = WebhookMessage.model_validate_json(body)
    assert texts_of(card)[0] == "Landfall: Rejected, 5 times (packages)"
    assert "https://landfall.example/api/dashboard?status=Rejected&name=packages&period=7d" in card.model_dump_json()
    written = b"".join(path.read_bytes() for path in site.folder.rglob("*") if path.is_file())
    assert b"VERY-SECRET" not in written
