"""Notices while the receiver is down: no run waits for it, and it hears of all of them in the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.ports import free_ports
from tests.e2e.site import Site, customer_groups, run_site
from tests.unit.receiver import receiving

SECRET = "the-webhooks-secret"
PORT = free_ports(0)[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A local run with a webhook that nobody serves yet."""
    folder: Path = tmp_path_factory.mktemp("noticed")
    settings = {
        "LANDFALL__NOTICES__WEBHOOK": "%HOOK%",
        "LANDFALL__NOTICES__SECRET": "%HOOK_SECRET%",
        "HOOK": f"http://127.0.0.1:{PORT}/hook?sig=VERY-SECRET",
        "HOOK_SECRET": SECRET,
    }
    with run_site(folder, **settings) as site:
        yield site


@pytest.mark.slow
def test_a_receiver_that_was_down_hears_of_every_end(site: Site) -> None:
    """Success and refusal are told once each, as the API shows them; address and secret are written nowhere."""
    names = ["packages/USMF/told.zip", "packages/USMF/refused.zip"]
    site.drop(names[0], customer_groups("Told", ("TOLD", "Told")))
    site.drop(names[1], b"no zip")
    runs = [site.run_of(name) for name in names]
    with receiving(503, 500, port=PORT) as receiver:
        site.wait(lambda: len(receiver.got) == len(names), "both notices")
    told = {event["subject"]: event["data"] for event in receiver.events}
    assert told.keys() == {run["run_id"] for run in runs}
    for run in runs:
        assert run | told[run["run_id"]] == run
    written = b"".join(
        path.read_bytes()
        for path in site.folder.rglob("*")
        if path.is_file() and site.folder / "emulator" not in path.parents
    )
    assert b"VERY-SECRET" not in written
    assert SECRET.encode() not in written
