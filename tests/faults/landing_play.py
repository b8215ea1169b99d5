"""Plays a schedule on a running Landfall, and keeps in mind what landed when."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobClient, BlobLeaseClient, BlobServiceClient, ContentSettings, StandardBlobTier

from landfall.config.settings import Storage
from landfall.ids import import_run_id
from landfall.ledger.ledger import Ledger
from landfall.ledger.lists import RunFilter
from landfall.records import Run, State
from landfall.storage.account import DataAccount
from tests.e2e.site import Site
from tests.faults.landing_schedules import EXPORT, Schedule, Strike

LONGEST_SECONDS = 15
"""How long a strike waits for its moment after the file has landed."""
SETTLING_SECONDS = 450
"""The app looks at a leased file ever more rarely, and for the last time after four minutes."""
AWAY_SECONDS = 2.5
LEASED_SECONDS = 5
CALM_SECONDS = 8
"""Long enough for two sweeps."""
LOST = {"lose answer": ("after", 3), "lose call": ("before", 8)}
ORDER = list(State)


class Play:
    """A site under a schedule.

    `puts` has the hashes that were put under each name (None: deleted), `versions` the name and hash of each ETag.
    """

    def __init__(self, site: Site, plan: Path, schedule: Schedule) -> None:
        self.site, self.schedule = site, schedule
        self.struck, self.missed = Counter[str](), Counter[str]()
        self.puts: dict[str, list[str | None]] = {}
        self.versions: dict[str, tuple[str, str]] = {}
        self.contents: dict[str, bytes] = {}
        self.keys: dict[str, str] = {}
        self.answers: list[tuple[str, int, str]] = []
        self._plan = plan
        self._numbers = Counter[str]()
        self._dropped: dict[str, float] = {}
        self._leased: dict[str, float] = {}
        self._starting: threading.Thread | None = None
        self._up, self._begun = True, time.monotonic()
        account = DataAccount(Storage(connection_string=site.stack.storage))
        self._ledger = Ledger(account.ledger_table())

    @property
    def _now(self) -> float:
        return time.monotonic() - self._begun

    def run(self) -> None:
        """Have everything happen, the app being up at the end."""
        waiting = list(self.schedule.strikes)
        while waiting:
            states = self._states()
            for strike in [each for each in waiting if self._is_due(each, states)]:
                waiting.remove(strike)
                self._strike(strike)
            time.sleep(0.05)
        self._wait_for_host()

    def settle(self) -> None:
        """Wait until every run has ended, landing holds only what was left behind, and nothing happens any more."""
        end = time.monotonic() + SETTLING_SECONDS
        before: Any = None
        while (now := self._rest()) is None or now != before:
            assert time.monotonic() < end, [run for run in self.site.runs() if not run["outcome"]] or "landing is full"
            before = now
            time.sleep(CALM_SECONDS if now else 1)

    def _rest(self) -> Any:
        """What must not change any more; None while work is left."""
        runs = self.site.runs()
        left = {each["name"] for run in runs if run["left_behind"] for each in [run["source"], *run["parts"]]}
        landed = list(self.site.blobs.get_container_client("landing").list_blobs())
        known = {run["run_id"] for run in runs}
        parts = {name for name, file in self.schedule.files.items() if file.kind == "part"}
        unclaimed = {
            each.name
            for each in landed
            if each.name not in parts and import_run_id("landing", each.name, str(each.etag)) not in known
        }
        if unclaimed or {each.name for each in landed} - left or any(run["outcome"] is None for run in runs):
            return None
        return runs, len(self.site.fno("operations")["operations"])

    def _states(self) -> dict[str, State]:
        """The state of each file's newest run."""
        runs: list[Run] = list(self._ledger.lists.page(RunFilter(), 1000).runs)
        return {run.source.name: run.state for run in reversed(runs) if run.source}

    def _is_due(self, strike: Strike, states: dict[str, State]) -> bool:
        if self._now < strike.second or (strike.kind.startswith("ask") and not self._up):
            return False
        if strike.kind == "release":
            return strike.file in self._leased and self._now - self._leased[strike.file] > LEASED_SECONDS
        if not strike.file or strike.kind == "drop":
            return True
        if strike.file not in self._dropped:
            return False
        state = states.get(strike.file, State.CLAIMED)
        reached = strike.state is None or ORDER.index(state) >= ORDER.index(strike.state)
        return reached or self._now - max(self._dropped[strike.file], strike.second) > LONGEST_SECONDS

    def _strike(self, strike: Strike) -> None:
        if strike.kind == "lease":
            self._leased[strike.file] = self._now
        label = f"{strike.kind} {strike.state or ''}".strip()
        print(f"{self._now:5.1f} {label} {strike.file}")  # noqa: T201  pytest shows it when the test fails
        try:
            if strike.file:
                self._strike_file(strike.kind, strike.file)
            else:
                self._strike_app(strike.kind)
        except ResourceNotFoundError:
            self.missed[label] += 1
        except HttpResponseError as error:
            print(f"      refused: {error.error_code}")  # type: ignore[attr-defined]  # noqa: T201
            self.missed[label] += 1
        else:
            self.struck[label] += 1

    def _strike_file(self, kind: str, name: str) -> None:
        blob = self.site.blobs.get_blob_client("landing", name)
        if kind in {"drop", "same", "other"}:
            self._numbers[name] += kind == "other"
            self._put(name, self.schedule.files[name].content(self._numbers[name]))
            return
        known = self.versions[str(blob.get_blob_properties().etag)]
        if answer := STRIKES[kind](blob):
            self.versions[str(answer["etag"])] = known
        if kind == "delete":
            self.puts[name].append(None)

    def _put(self, name: str, content: bytes) -> None:
        etag, digest = self.site.drop(name, content), sha256(content).hexdigest()
        self.versions[etag] = (name, digest)
        self.puts.setdefault(name, []).append(digest)
        self.contents[digest] = content
        self.keys[digest] = self.schedule.files[name].key(self._numbers[name])
        self._dropped.setdefault(name, self._now)

    def _strike_app(self, kind: str) -> None:
        stack = self.site.stack
        if kind.startswith("ask"):
            body = {} if kind == "ask" else {"reason": "another body"}
            answer = self.site.call("POST", f"exports/{EXPORT}/runs", body, **{"Idempotency-Key": "once"})
            self.answers.append((kind, answer.status_code, answer.json().get("run_id", "")))
        elif kind == "kill":
            self._wait_for_host()
            stack.kill_host()
            self._up = False
        elif kind == "start":
            self._starting = threading.Thread(target=stack.start_host)
            self._starting.start()
        elif kind == "rename":
            self._plan.write_text(self.schedule.renamed, encoding="utf-8")
        elif kind == "storage away":
            self._interrupt_storage()
        else:
            when, nth = LOST[kind]
            fault = {"operation": "ImportFromPackage", "nth": nth, "when": when, "do": {"drop": True}}
            self.site.plan_fault(fault)

    def _wait_for_host(self) -> None:
        if self._starting:
            self._starting.join()
        self._starting, self._up = None, True

    def _interrupt_storage(self) -> None:
        part = self.site.stack.parts["azurite"]
        part.stop()
        time.sleep(AWAY_SECONDS)
        part.start()
        service = BlobServiceClient.from_connection_string(self.site.stack.storage, retry_total=0)

        def answers() -> bool:
            try:
                return bool(service.get_service_properties())
            except AzureError:
                return False

        part.wait_until(answers, 60)


STRIKES: dict[str, Callable[[BlobClient], Any]] = {
    "metadata": lambda blob: blob.set_blob_metadata({"touched": str(time.monotonic_ns())}),
    "headers": lambda blob: blob.set_http_headers(ContentSettings(cache_control=f"max-age={time.monotonic_ns()}")),
    "tier": lambda blob: blob.set_standard_blob_tier(StandardBlobTier.COOL),
    "freeze": lambda blob: blob.set_standard_blob_tier(StandardBlobTier.ARCHIVE),
    "snapshot": lambda blob: blob.create_snapshot() and None,
    "lease": lambda blob: blob.acquire_lease() and None,
    "keep": lambda blob: blob.acquire_lease() and None,
    "release": lambda blob: BlobLeaseClient(blob).break_lease(0) and None,
    "delete": lambda blob: blob.delete_blob(),
}
"""What is done to a blob in landing; those that give it a new ETag return it."""
