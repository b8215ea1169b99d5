"""An import that F&O works on for longer than a day: hours are made by moving the clocks of F&O and of the host."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import requests

from landfall.config.settings import Storage
from landfall.storage.account import LANDING, DataAccount
from local.processes import stop_at_end
from local.stack import ROOT, run_services
from tests.e2e.site import customer_groups
from tests.host.running_host import RunningHost

HOURS = 26
"""Longer than the 24 hours after which a route's files need attention."""
MOST_EVENTS = 500
NEVER = "0 0 0 1 1 *"
PATIENCE_SECONDS = 800


@dataclass
class Slow:
    """A local run in which time passes only from timer to timer."""

    host: RunningHost
    fno: str
    account: DataAccount
    longest_history: int = 0
    """How many events any instance had at any time."""

    def until(self, outcome: str) -> dict[str, Any]:
        """Let time pass until the only run has this outcome; the run."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (run := self.run()).get("outcome") != outcome:
            assert time.monotonic() < end, f"no {outcome}: {run}"
            self._pass_time()
            self._count_events()
        return run

    def run(self) -> dict[str, Any]:
        """The only run; empty while there is none."""
        runs = requests.get(f"{self.host.url}/api/runs", timeout=60).json()["runs"]
        return dict(runs[0]) if runs else {}

    def looks(self) -> int:
        """How often F&O was asked for the status."""
        url = f"{self.fno}/_emulator/operations?operation=GetExecutionSummaryStatus"
        return sum(each["phase"] == "start" for each in requests.get(url, timeout=60).json()["operations"])

    def _count_events(self) -> None:
        sql = "SELECT max(events) FROM (SELECT count(*) events FROM history GROUP BY instance)"
        self.longest_history = max(self.longest_history, self.host.rows(sql)[0][0] or 0)

    def _pass_time(self) -> None:
        """Move both clocks to the next timer of the host, when all that is due has been done."""
        working = self.host.rows("SELECT count(*) FROM work")[0][0]
        due = self.host.rows("SELECT min(due) FROM inbox")[0][0]
        now = requests.get(f"{self.host.url}/admin/host/clock", timeout=60).json()["now"]
        seconds = 0 if working or due is None else due - datetime.fromisoformat(now).timestamp()
        if seconds > 0:
            for url, key in (
                (f"{self.fno}/_emulator/clock", "advance"),
                (f"{self.host.url}/admin/host/clock", "seconds"),
            ):
                requests.post(url, json={key: seconds + 0.001}, timeout=60).raise_for_status()
        else:
            time.sleep(0.02)


@pytest.fixture
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    """Storage, F&O and app, with clocks that stand still."""
    folder = tmp_path_factory.mktemp("slow")
    with run_services(folder, "--clock", "manual") as services, stop_at_end() as parts:
        settings = {
            **services,
            "EXPORT_SCHEDULE": NEVER,
            "LANDFALL__SWEEPER__SCHEDULE": NEVER,
            "LANDFALL__POLLING__CAP_SECONDS": "300",
        }
        account = DataAccount(Storage(connection_string=services["DataStorage"]))
        host = RunningHost(ROOT, folder / "host", "--clock", "manual", **settings)
        parts.append(host.part)
        host.start()
        yield Slow(host, services["FNO_URL"], account)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_day_in_fno(slow: Slow, capsys: pytest.CaptureFixture[str]) -> None:
    """A person is told at the deadline, the late end is taken up all the same, and no history grows with the hours."""
    project = "Two shifts"
    requests.patch(
        f"{slow.fno}/_emulator/settings", json={"durations": {project: HOURS * 3600}}, timeout=60
    ).raise_for_status()
    slow.account.blob(f"{LANDING}/packages/USMF/day.zip").upload_blob(customer_groups(project, ("D", "Day")))

    overdue = slow.until("NeedsAttention")
    assert "24 hours" in overdue["reason"]
    assert overdue["files"]["archive"].startswith("archive/NeedsAttention/")

    ended = slow.until("Succeeded")
    assert ended["run_id"] == overdue["run_id"]
    assert ended["entities"][0]["created"] == 1
    assert ended["files"]["archive"].startswith("archive/Succeeded/")
    names = slow.account.blobs.get_container_client("archive").list_blob_names()
    assert [f"archive/{name}" for name in names] == [ended["files"]["archive"]]
    with capsys.disabled():
        print(  # noqa: T201  the figure is worth seeing
            f"\n{HOURS} hours in F&O: {slow.looks()} looks, at most {slow.longest_history} events of history"
        )
    assert 100 < slow.longest_history < MOST_EVENTS
