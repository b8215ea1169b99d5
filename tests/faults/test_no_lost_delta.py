"""No delta is lost: whatever happens to exports, what F&O brought lies in the target, or is brought once more.

F&O is the emulator, storage a real Azurite, the steps are the app's own. A schedule is made from its seed: which rows
change when, which slots are taken early, twice, late or never, where the process dies, what F&O does wrong, and what a
person does about runs that need attention.
"""

import gc
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from landfall.config.settings import Storage
from landfall.config.target_path import DELIVERING
from landfall.fno import EntraTokens, Identity
from landfall.records import Outcome, Run, State
from landfall.storage.account import EXPORTS
from tests.faults.export_schedules import Schedule
from tests.faults.exporting import Row, Site, World, rows_of
from tests.integration.conftest import storage

__all__ = ["storage"]

SEEDS, CHUNKS = 512, 16


@pytest.fixture(scope="module")
def site(storage: Storage) -> Iterator[Site]:
    """F&O and storage; F&O's time passes as the test lets it."""
    catalogue = Path(__file__).with_name("catalogue.yaml")
    with Emulator(
        catalogue=catalogue,
        settings=Settings(token_seconds=10**9, used_execution_id="another_run"),
        speed=0,
    ) as emulator:
        ready = emulator.ready
        identity = Identity(
            tenant=ready["tenant"],
            client_id=ready["client_id"],
            client_secret=ready["client_secret"],
            authority=ready["authority"],
            ca_bundle=ready["ca"],
        )
        yield Site(emulator, storage, EntraTokens(ready["url"], identity))


def check_executions(world: World) -> None:
    """One execution per run, and none before the last one's package is safe or given up for a full push."""
    runs = {run.execution_id: run for run in world.runs() if run.submission.calls}
    executed = world.executed()
    assert len({one.id for one in executed}) == len(executed), "an execution was started twice"
    for company in world.plan.exports[0].companies:
        own = [one for one in executed if one.company == company]
        for earlier, later in pairwise(own):
            run = runs[earlier.id]
            safe = run.times[State.DONE] if run.outcome == Outcome.FAILED else world.arrived[run.run_id]
            assert safe <= datetime.fromisoformat(later.created), f"{earlier.id} was not safe yet"


def check_files(world: World) -> None:
    """Readers see the packages as F&O made them, and nothing else; what is given up is not delivered."""
    wanted = {run.files["package"]: world.packages[str(run.execution_id)] for run in delivered(world)}
    assert world.files() == wanted
    held = world.services.account.blobs.get_container_client(EXPORTS)
    unsafe = {f"{DELIVERING}/{run.run_id}.zip" for run in world.runs() if run.outcome == Outcome.FAILED}
    prefix = f"{DELIVERING}/exp-{world.plan.exports[0].name}-"
    assert set(held.list_blob_names(name_starts_with=prefix)) <= unsafe


def check_rows(world: World) -> None:
    """Whoever takes each package in when it arrives has every row as it is in F&O; no version was left out."""
    runs = {run.execution_id: run for run in world.runs()}
    taken_in: dict[Row, str] = {}
    for run in sorted(delivered(world), key=lambda run: world.arrived[run.run_id]):
        taken_in.update(rows_of(str(run.company), world.packages[str(run.execution_id)]))
    companies = world.plan.exports[0].companies
    assert taken_in == {row: values[-1] for row, values in world.history.items() if row[0] in companies}

    for execution, package in world.packages.items():
        run = runs[execution]
        empty = not list(rows_of(str(run.company), package))
        assert run.outcome in {Outcome.NO_ROWS if empty else Outcome.SUCCEEDED, Outcome.FAILED}, run


def delivered(world: World) -> list[Run]:
    """The runs that say that they brought something."""
    return [run for run in world.runs() if run.outcome == Outcome.SUCCEEDED]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # who dies in the middle of a request closes nothing
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_delta_is_lost(site: Site, chunk: int) -> None:
    """Every row is in the target as it was last, whole packages only, one run per slot, one execution per run."""
    for seed in range(chunk, SEEDS, CHUNKS):
        print(f"seed {seed}")  # noqa: T201  pytest shows the last one when the test fails
        schedule = Schedule(site, seed)
        schedule.play()
        schedule.calm_down()
        for check in (check_executions, check_files, check_rows):
            check(schedule.world)
    gc.collect()  # while unclosed sockets are nobody's fault
