"""A route that is left out: its files wait in landing for it, and nothing else waits for them."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from activities.gate_steps import Asking, find_earlier
from activities.intake import MENDED_WITHIN, intake
from activities.sweeping import sweep
from landfall.claims import claim_file
from landfall.config.usable import read_usable
from landfall.fno.errors import NotSentError
from landfall.ledger.ledger import RunNotFoundError
from landfall.records import ComeBack, Outcome, Run, State, Step, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.storage.landing import arrivals, repair_name
from tests.integration.conftest import Drop
from tests.integration.durable_client import FakeClient
from tests.unit.made_packages import package
from web.imports import take_up
from web.problems import ProblemError

BAD = """\
imports:
  - {name: packages, path: "packages/{company}/{name}.zip", colour: red}
  - {name: supplies, path: "supplies/{company}/{name}.zip"}
  - {name: all, path: "{folder}/{company}/{name}.zip"}
"""


@pytest.fixture
def broken(services: Services, tmp_path: Path) -> Services:
    """The services with a landfall.yaml whose first route has a mistake."""
    file = tmp_path / "landfall.yaml"
    file.write_text(BAD, encoding="utf-8")
    usable = read_usable({"FNO_URL": "https://fno.example"}, file)
    return replace(services, plan=usable.plan, mistakes=usable.mistakes)


def test_a_file_waits_until_its_route_is_mended(services: Services, broken: Services, name: str) -> None:
    """It stays unclaimed and untouched in landing; then the sweeper finds it, as it finds any lost event."""
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.upload_blob(package())
    etag = blob.get_blob_properties().etag
    (arrival,) = [each for each in arrivals(services.account) if each.name == name]

    assert claim_file(broken, blob) is None
    with pytest.raises(ProblemError, match=r"waits in landing.*landfall.yaml:2: imports.packages.colour"):
        take_up(broken, name, "a person")
    with pytest.raises(RunNotFoundError):
        services.ledger.get(arrival.run_id)
    assert blob.get_blob_properties().etag == etag

    client = FakeClient()
    asyncio.run(sweep(replace(services, now=lambda: utc_now().replace(year=utc_now().year + 1)), client))  # type: ignore[arg-type]
    assert arrival.run_id in {instance for _, instance, _ in client.started}


def test_a_file_that_waits_is_waited_for_by_none(services: Services, broken: Services, name: str) -> None:
    """A route with `order: strict` goes on behind it."""
    landing = services.account.blobs.get_container_client(LANDING)
    for other in landing.list_blob_names():  # of other tests
        landing.delete_blob(other)
    services.account.blob(f"{LANDING}/{name}").upload_blob(package())
    later = services.account.blob(f"{LANDING}/supplies/USMF/{name.rpartition('/')[2]}")
    later.upload_blob(package())
    run = claim_file(broken, later)
    assert run
    assert not find_earlier(broken, Asking(run.run_id)).wait
    assert find_earlier(services, Asking(run.run_id)).wait


def test_a_claimed_file_whose_route_is_left_out_is_kept(broken: Services, drop: Drop) -> None:
    """It waits for its route, then it is a person's to run again, and no other route's."""
    run = drop()
    assert isinstance(intake(broken, Step(run.run_id)), ComeBack)
    later = replace(broken, now=lambda: utc_now() + MENDED_WITHIN)
    refusal = intake(later, Step(run.run_id)).refusal
    assert refusal
    assert refusal.outcome == Outcome.NEEDS_ATTENTION
    assert "left out. landfall.yaml:2: imports.packages.colour" in str(refusal.reason)


def test_corrected_rows_do_not_land_where_they_would_wait(broken: Services, drop: Drop) -> None:
    """They take a path whose route works."""
    run = replace(drop(), company="USMF", data_project="Customers", route="packages")
    assert repair_name(broken.plan, run, "m").startswith("supplies/USMF/")


@pytest.mark.parametrize("mistake", ["environments: [u-at]", "environments: [", "enviroments: [uat]"])
def test_a_run_waits_while_a_mistake_hides_its_environment(services: Services, tmp_path: Path, mistake: str) -> None:
    """It has not vanished: the run goes on once the mistake is corrected."""
    file = tmp_path / "landfall.yaml"
    file.write_text(mistake, encoding="utf-8")
    hidden = replace(services, plan=read_usable({}, file).plan)
    run = Run("exp-1", "export", State.RUNNING, export="groups", environment="uat")
    with pytest.raises(NotSentError, match="uat is left out of environments until a mistake is corrected"):
        hidden.fno_of(run)


def test_a_run_of_an_earlier_release_waits_while_its_export_is_left_out(services: Services, tmp_path: Path) -> None:
    """The mistake in the export is no reason to end the run."""
    file = tmp_path / "landfall.yaml"
    file.write_text("exports: [{name: groups, colour: red}]", encoding="utf-8")
    hidden = replace(services, plan=read_usable({}, file).plan)
    with pytest.raises(NotSentError, match="groups is left out of exports until a mistake is corrected"):
        hidden.terms_of(Run("exp-1", "export", State.RUNNING, export="groups"))
