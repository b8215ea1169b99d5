"""An app that exports, a process at a time that may die at any call, before an F&O whose rows change."""

import asyncio
import csv
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import requests

from activities.archiving import Ending, Settled, end_run
from activities.boundary import run_activity
from activities.delivery import DeliveryStep, deliver
from activities.executions import LookStep, look
from activities.export_orders import clear, reset_tokens, take_order
from activities.gate_steps import Instances, Sleepers, is_lost
from activities.submission import submit_export
from activities.summaries import summarise
from activities.sweeping import sweep
from fno_emulator.dmf import executions
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.values import Value
from fno_emulator.server import Emulator
from landfall.claims import claim_due
from landfall.config.plan import Plan
from landfall.config.settings import Storage
from landfall.fno import EntraTokens, FnoClient
from landfall.ledger.ledger import Ledger
from landfall.ledger.lists import RunFilter
from landfall.ledger.pauses import SharedPause
from landfall.records import Finding, Run, Step, from_json
from landfall.services import Services
from landfall.storage.account import EXPORTS, DataAccount
from tests.faults.durable import Durable
from tests.integration.conftest import Crash, CrashError

Row = tuple[str, str, str]
"""Company, entity and key."""
Version = tuple[Row, str]
"""A row, and the value it had."""


def settled(services: Services, ending: Ending) -> Settled:
    """As the step does it; nobody is told."""
    finding: Finding = end_run(services, ending)
    return Settled(finding.outcome, finding.reason)


STEPS: dict[str, tuple[type[Any], Callable[[Services, Any], object]]] = {
    "take_order": (Step, take_order),
    "clear": (Step, clear),
    "reset_tokens": (Step, reset_tokens),
    "submit_export": (Step, submit_export),
    "look": (LookStep, look),
    "deliver": (DeliveryStep, deliver),
    "settle": (Ending, settled),
    "summarise": (Step, summarise),
}
"""What each step gets, and does with the services of the process that takes it."""


UNNOTED = 0.02
"""How likely the process dies after a step and before Durable has noted its answer."""


class Mortal(requests.Session):
    """Calls to F&O, among those at which the process may die."""

    def __init__(self, crash: Crash) -> None:
        super().__init__()
        self.trust_env = False
        self._crash = crash

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As the session does."""
        self._crash.on_request(request)
        answer = super().send(request, **options)
        self._crash.on_response(answer)
        return answer


@dataclass(frozen=True)
class Site:
    """What all schedules share."""

    emulator: Emulator
    storage: Storage
    tokens: EntraTokens


class World:
    """F&O with its rows, our storage with its files, and the app between them."""

    def __init__(self, site: Site, plan: Plan, name: str, chance: Random) -> None:
        self.site, self.plan, self.chance = site, plan, chance
        self.clock = site.emulator.clock
        self.environment = site.emulator.framework.environment
        self.durable = Durable(self.clock, chance, self._take, self.restart, self._let_fno_work)
        self.table = name
        self.deadly = True
        self.crashes = 0
        self.history: dict[Row, list[str]] = {}
        self.packages: dict[str, bytes] = {}
        self.arrived: dict[str, datetime] = {}
        DataAccount(site.storage).tables.create_table(name)
        self.restart()
        for company in self.environment.catalogue.companies:
            self.history[company, "Customer groups", "10"] = ["Wholesale"]

    def executed(self) -> list[executions.Execution]:
        """What F&O ran, in that order."""
        return executions.every(self.environment.database)[::-1]

    def restart(self) -> timedelta:
        """Begin a new process, which will die too or not; for how long there is none."""
        at = self.chance.randrange(1, 150) if self.deadly and self.crashes < 4 else 0
        crash = Crash(at, answered=self.chance.random() < 0.5)
        account = crash.account(self.site.storage)
        table = account.tables.get_table_client(self.table)
        fno = FnoClient(
            self.site.emulator.ready["url"],
            self.site.tokens,
            session=Mortal(crash),
            pause=SharedPause(table, now=self.clock.now),
        )
        ledger = Ledger(table, self.clock.now)
        self.services = Services(self.plan, account, ledger, fno, now=self.clock.now)
        self.crashes += 1
        return timedelta(seconds=self.chance.choice([1, 30, 600]))

    @property
    def now(self) -> datetime:
        """The time of everything."""
        return self.clock.now()

    def runs(self) -> list[Run]:
        """All runs there are."""
        found = self.services.ledger.lists.page(RunFilter(), 1000).runs
        return list(found)

    def files(self) -> dict[str, bytes]:
        """What readers of the exports see: packages by place."""
        container = self.services.account.blobs.get_container_client(EXPORTS)
        names = container.list_blob_names(name_starts_with=f"{self.plan.exports[0].name}/")
        return {f"{EXPORTS}/{name}": container.download_blob(name).readall() for name in names if name.endswith(".zip")}

    def fire(self) -> None:
        """The export's timer fires."""
        asyncio.run(claim_due(self.services, self.plan.exports[0], self.durable.start_new))

    def sweep(self) -> None:
        """The sweeper's timer fires."""
        client: Any = self.durable
        asyncio.run(sweep(self.services, client))

    def change_row(self, company: str, entity: str, key: str) -> None:
        """Somebody works in F&O: a new row, or a new value in one."""
        services = self.environment.entity(entity)
        versions = self.history.setdefault((company, entity, key), [])
        versions.append(f"v{len(versions)}")
        with self.environment.database.transaction() as connection:
            values: list[Value] = [company, tables.next_version(connection), key, versions[-1]]
            connection.execute(tables.upsert(services, services.fields), values)

    def plan_fault(self, operation: str, nth: int, when: str, do: dict[str, Any]) -> None:
        """Have something go wrong in F&O."""
        fault = {"operation": operation, "nth": nth, "when": when, "do": do}
        url = f"{self.site.emulator.ready['url']}/_emulator/faults"
        requests.post(url, json=fault, timeout=60).raise_for_status()

    def forget_faults(self) -> None:
        """Nothing goes wrong any more."""
        url = f"{self.site.emulator.ready['url']}/_emulator/faults"
        requests.delete(url, timeout=60).raise_for_status()
        self.deadly = False
        self.restart()

    def _take(self, name: str, data: Any) -> Any:
        """A step, as the process that there is now takes it."""
        if name == "wake":
            for instance, event in from_json(Sleepers, data).events.items():
                asyncio.run(self.durable.raise_event(instance, event, "go"))
            return None
        if name == "find_idle":
            client: Any = self.durable
            asked = from_json(Instances, data).ids
            return {"lost": [each for each in asked if asyncio.run(is_lost(self.services.ledger, client, each))]}
        kind, do = STEPS[name]

        answer = run_activity(do, kind, lambda: self.services, data)
        if name == "deliver" and (answer.get("finding") or {}).get("outcome") in {"Succeeded", "NoRows"}:
            self.arrived.setdefault(data["run_id"], self.now)
        if self.deadly and self.chance.random() < UNNOTED:
            raise CrashError
        return answer

    def _let_fno_work(self) -> None:
        """Wait until F&O has done what it has to do by now, and keep what it exported."""
        while any(map(self._is_due, self._first_of_each_project())):
            time.sleep(0.001)
        for one in self.executed():
            if one.blob and one.id not in self.packages:
                blob = self.environment.blobs.find("temporary-file", one.blob)
                if blob:
                    self.packages[one.id] = self.environment.blobs.path(blob).read_bytes()

    def _first_of_each_project(self) -> list[executions.Execution]:
        unfinished = [one for one in self.executed() if one.status in {executions.NOT_RUN, executions.EXECUTING}]
        return unfinished[:1]

    def _is_due(self, one: executions.Execution) -> bool:
        switches = self.site.emulator.settings
        if one.status == executions.NOT_RUN or one.started is None:
            begin = datetime.fromisoformat(one.created) + timedelta(seconds=switches.queue_seconds)
            return begin <= self.now
        written = executions.entities(self.environment.database, one)
        end = datetime.fromisoformat(one.started) + timedelta(seconds=switches.execution_seconds)
        return end <= self.now or any(each.staging_status == executions.NOT_RUN for each in written)


def rows_of(company: str, package: bytes) -> Iterator[Version]:
    """The rows in a package's data files."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                lines = csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""))
                next(lines)
                for key, value in lines:
                    yield (company, name.removesuffix(".csv"), key), value
