"""A running Landfall in which time passes only from timer to timer, so that minutes and hours take moments."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from landfall.config.settings import CLOCK_FILE, Storage
from landfall.storage.account import LANDING, DataAccount
from local.processes import stop_at_end
from local.stack import ROOT, run_services
from tests.e2e.site import NEVER
from tests.host.running_host import RunningHost


@dataclass
class StillSite:
    """A local run with clocks that stand still until a test moves them."""

    host: RunningHost
    fno: str
    account: DataAccount
    _make_host: Callable[..., RunningHost]
    _clock: Path

    def drop(self, name: str, content: bytes) -> None:
        """Put a file into landing."""
        self.account.blob(f"{LANDING}/{name}").upload_blob(content, overwrite=True)

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the newest first."""
        return list(requests.get(f"{self.host.url}/api/runs?limit=1000", timeout=60).json()["runs"])

    def switch(self, **switches: Any) -> None:
        """Turn the emulator's switches."""
        requests.patch(f"{self.fno}/_emulator/settings", json=switches, timeout=60).raise_for_status()

    def plan_fault(self, fault: dict[str, Any]) -> None:
        """Have something go wrong in the emulator."""
        requests.post(f"{self.fno}/_emulator/faults", json=fault, timeout=60).raise_for_status()

    def executions(self) -> list[dict[str, Any]]:
        """F&O's executions, with the times at which they were created."""
        return list(requests.get(f"{self.fno}/_emulator/executions", timeout=60).json()["executions"])

    def operations(self, operation: str) -> list[dict[str, Any]]:
        """The emulator's log entries of an operation, a start and an end of each call."""
        url = f"{self.fno}/_emulator/operations?operation={operation}"
        return list(requests.get(url, timeout=60).json()["operations"])

    def die(self) -> None:
        """Kill the host, and start it again on the state that is left."""
        self.host.part.kill()
        self.host.start()

    def restart(self, **settings: str) -> None:
        """Kill the host, and start one with these settings on the state that is left."""
        self.host.part.kill()
        self.host = self._make_host(**settings)
        self.host.start()

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = 60, *, time_passes: bool = True) -> Any:
        """What the condition gives, as soon as that is something; `seconds` are real ones."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, f"{what} did not come: {self.runs()}"
            if time_passes:
                self.pass_time()
            else:
                time.sleep(0.02)
        return found

    def is_working(self) -> bool:
        """Whether the host has steps to take that wait for no clock."""
        hidden = "SELECT seq FROM hidden_work WHERE until > ?"
        found = self.host.rows(f"SELECT count(*) FROM work WHERE seq NOT IN ({hidden})", self.now().timestamp())  # noqa: S608
        return bool(found[0][0])

    def turn(self, seconds: float) -> None:
        """Move all clocks by so many seconds."""
        for url, key in (
            (f"{self.fno}/_emulator/clock", "advance"),
            (f"{self.host.url}/admin/host/clock", "seconds"),
        ):
            requests.post(url, json={key: seconds}, timeout=60).raise_for_status()
        self.show_time()

    def pass_time(self) -> None:
        """Move all clocks to the next timer of the host, when all that is due has been done."""
        now, working = self.now().timestamp(), self.is_working()
        next_due = (
            "SELECT min(due) FROM (SELECT due FROM inbox UNION ALL SELECT until FROM hidden_work WHERE until > ?)"
        )
        due = self.host.rows(next_due, now)[0][0]
        seconds = 0 if working or due is None else due - now
        if seconds > 0:
            self.turn(seconds + 0.001)
        else:
            time.sleep(0.02)

    def show_time(self) -> None:
        """Have the app read the time of the host's clock."""
        new = self._clock.with_suffix(".new")
        new.write_text(self.now().isoformat(), encoding="utf-8")
        new.replace(self._clock)

    def now(self) -> datetime:
        """What the clocks show."""
        now = requests.get(f"{self.host.url}/admin/host/clock", timeout=60).json()["now"]
        return datetime.fromisoformat(now)


@contextmanager
def run_still_site(folder: Path, *options: str, **settings: str) -> Iterator[StillSite]:
    """Run storage, F&O and the app, with these options of the host; no export and no sweep is due."""
    with run_services(folder, "--clock", "manual") as services, stop_at_end() as parts:
        never = {"EXPORT_SCHEDULE": NEVER, "LANDFALL__SWEEPER__SCHEDULE": NEVER}
        clock = folder / "now"
        clock.write_text(datetime.now(UTC).isoformat(), encoding="utf-8")
        everything = {**services, **never, CLOCK_FILE: str(clock), **settings}
        account = DataAccount(Storage(connection_string=services["DataStorage"]))

        def make_host(**more: str) -> RunningHost:
            host = RunningHost(ROOT, folder / "host", "--clock", "manual", *options, **{**everything, **more})
            parts.append(host.part)
            return host

        host = make_host()
        host.start()
        site = StillSite(host, services["FNO_URL"], account, make_host, clock)
        site.show_time()
        yield site
