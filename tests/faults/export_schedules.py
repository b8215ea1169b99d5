"""What happens to an app that exports, decided by a seed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from landfall.claims import claim_demand, start_run
from landfall.config.plan import Plan
from landfall.config.schedules import next_slots
from landfall.ids import request_hash
from landfall.records import Action, Demand, Outcome, Run
from tests.faults.exporting import Site, World
from tests.integration.conftest import CrashError
from web.attempts import Retry, reopen
from web.models import AttemptRequest
from web.problems import ProblemError

COMPANIES = ["USMF", "DEMF"]
BUSY = {"status": 429, "headers": {"Retry-After": "20"}}
AWAY = {"status": 503, "body": "<html>"}
FAULTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "ExportToPackage": [
        ("before", BUSY),
        ("before", {"drop": True}),
        ("after", {"drop": True}),
        ("before", AWAY),
        ("after", AWAY),
        ("during", {"half_body": True}),
    ],
    "GetExecutionSummaryStatus": [
        ("before", BUSY),
        ("before", AWAY),
        ("after", {"drop": True}),
        ("after", {"status": 200, "body": "<html>"}),
    ],
    "GetExportedPackageUrl": [("before", BUSY), ("before", AWAY), ("after", {"drop": True})],
    "GetBlobProperties": [
        ("before", {"expire_sas": True}),
        ("before", {"status": 404}),
        ("before", {"status": 409}),
    ],
    "GetBlob": [("before", {"expire_sas": True}), ("before", {"status": 409})],
    "ResetVersionToken": [("before", BUSY), ("before", AWAY), ("after", {"drop": True})],
}
"""What F&O and its storage do wrong, by operation: nothing that the SDK sits out in real seconds."""


class Schedule:
    """What happens in one world, decided by its seed."""

    def __init__(self, site: Site, seed: int) -> None:
        self.chance = chance = Random(seed)  # noqa: S311  chance, not secrecy
        self.companies = COMPANIES[: chance.choice([1, 1, 1, 2])]
        site.emulator.reset()
        site.emulator.settings.update(
            {
                "execution_seconds": chance.choice([0.0, 40.0, 300.0]),
                "queue_seconds": chance.choice([0.0, 30.0]),
                "registration_seconds": chance.choice([0.0, 45.0]),
                "package_url_empty_asks": chance.choice([0, 1, 3]),
                "zero_records_export": chance.choice(["header_only"] * 15 + ["no_file"] * 4 + ["empty_url"]),
            }
        )
        export = {
            "name": f"e{seed}",
            "data_project": "Delta",
            "companies": self.companies,
            "schedule": "0 0 * * * *" if chance.random() < 0.6 else "0 0 6 * * *",
            "missed": chance.choice(["last", "last", "skip"]),
            "unpack": chance.choice(["never", "never", "besides"]),
            "deadline_hours": 6,
        }
        plan = {
            "exports": [export],
            "polling": {"floor_seconds": 20, "growth": 4, "cap_seconds": 1800},
            "submission": {"grace_seconds": 60},
        }
        self.world = World(site, Plan.model_validate(plan), f"delta{seed}", chance)
        self.world.clock.advance(100_000)

    def play(self) -> None:
        """Days in F&O and in the app, until nothing is due any more."""
        world, chance = self.world, self.chance
        moment = world.now
        for _ in range(chance.choice([1, 2, 2, 3])):
            moment = next_slots(world.plan.exports[0].schedule, moment)[0]
            self._around(moment)
        for _ in range(chance.randrange(4)):
            operation = chance.choice(list(FAULTS))
            when, do = chance.choice(FAULTS[operation])
            for nth in range(1, 1 + chance.choice([1, 1, 2, 6])):
                world.plan_fault(operation, chance.randrange(3) + nth, when, do)
        world.durable.run(moment + timedelta(hours=2))

    def _around(self, slot: datetime) -> None:
        """What happens before, at and after a slot."""
        chance, world = self.chance, self.world
        for _ in range(chance.randrange(4)):
            row = (
                chance.choice(self.companies),
                chance.choice(["Customer groups", "Terms"]),
                f"k{chance.randrange(5)}",
            )
            self._at(slot + timedelta(minutes=chance.randrange(-50, 50)), partial(world.change_row, *row))
        for likely, least, most, do in (
            (0.8, 0, 1, world.fire),
            (0.3, 0, 90, world.fire),
            (0.6, 3, 55, world.sweep),
            (0.2, 5, 50, self._person),
            (0.1, 0, 50, self._asked),
            (0.1, 0, 50, self._terminate),
            (0.06, 0, 30, self._go_down),
        ):
            if chance.random() < likely:
                self._at(slot + timedelta(minutes=chance.uniform(least, most)), do)

    def _at(self, moment: datetime, do: Callable[[], object]) -> None:
        def happen() -> None:
            try:
                do()
            except CrashError:
                self.world.restart()
            except Exception as error:  # noqa: BLE001  a host logs it, and goes on
                print(f"{self.world.now}: {do}: {error}")  # noqa: T201  pytest shows it when the test fails

        self.world.durable.at(moment, happen)

    def _person(self) -> None:
        """Somebody sees the runs that need attention."""
        for run in self._lost():
            if self.chance.random() < 0.5:
                retry = Retry(f"{self.chance.random()}", "somebody", AttemptRequest())
                with suppress(ProblemError):
                    self._begin(reopen(self.world.services.ledger, run.run_id, retry))
            else:
                self._push(run)

    def _asked(self) -> None:
        """Somebody wants an export now."""
        self._demand(self.companies[0], full=self.chance.random() < 0.3)

    def _terminate(self) -> None:
        for instance in list(self.world.durable.instances):
            if self.chance.random() < 0.5:
                self.world.durable.terminate(instance)

    def _go_down(self) -> None:
        """No host for more than a week: F&O forgets packages."""
        self.world.clock.advance(8 * 24 * 3600)
        self.world.restart()

    def _push(self, run: Run) -> None:
        self._demand(str(run.company), full=True)

    def _demand(self, company: str, *, full: bool) -> None:
        demand = Demand(request_hash(f"{self.chance.random()}"), full=full)
        services = self.world.services
        asked = Action(services.now(), "somebody", "asked for an export")
        self._begin(claim_demand(services, services.plan.exports[0], company, demand, asked))

    def _begin(self, run: Run) -> None:
        asyncio.run(start_run(run, self.world.durable.start_new))

    def _lost(self) -> list[Run]:
        ended = [run for run in self.world.runs() if run.outcome == Outcome.NEEDS_ATTENTION]
        return [run for run in ended if run.submission.calls]

    def calm_down(self) -> None:
        """Nothing goes wrong any more: the sweeper and a person see to what is left, and a last slot comes."""
        world = self.world
        world.forget_faults()
        end = world.now + timedelta(days=20)
        while [run for run in world.runs() if run.outcome is None] or self._lost():
            assert world.now < end, "there is no end to it"
            world.sweep()
            for run in self._lost():
                self._push(run)
            world.durable.run(world.now + timedelta(hours=3))
            world.clock.advance(3600)
        export = world.plan.exports[0]
        slot = next_slots(export.schedule, world.now)[0]
        world.durable.at(slot, world.fire)
        world.durable.run(slot + timedelta(days=2))
