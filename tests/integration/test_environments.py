"""Runs of one app go to several F&O environments, each to its own."""

from dataclasses import replace
from uuid import uuid4

import pytest

from activities.boundary import run_activity
from activities.delivery import Delivered, DeliveryStep, deliver
from activities.intake import Admission, intake
from activities.roads import IMPORT
from activities.submission import submit
from landfall.claims import claim_demand
from landfall.config.plan import Plan, VanishedError
from landfall.fno.errors import NotSentError
from landfall.ids import request_hash
from landfall.records import Action, Demand, Step, utc_now
from landfall.services import Services
from tests.integration.conftest import Drop, FakeFno

PLAN = {
    "environments": ["uat"],
    "imports": [
        {"name": "packages", "path": "packages/{company}/{name}.zip", "environment": "uat"},
    ],
    "exports": [
        {
            "name": "groups",
            "data_project": "Groups",
            "companies": ["USMF"],
            "schedule": "0 0 6 * * *",
            "environment": "uat",
        }
    ],
    "submission": {"grace_seconds": 0},
}


@pytest.fixture
def uat(services: Services) -> FakeFno:
    """The environment that landfall.yaml names."""
    return FakeFno(services.account)


@pytest.fixture
def both(services: Services, uat: FakeFno) -> Services:
    """The services with both environments."""
    return replace(services, plan=Plan.model_validate(PLAN), others={"uat": uat})  # type: ignore[dict-item]


def test_a_file_goes_to_its_routes_environment(both: Services, fno: FakeFno, uat: FakeFno, drop: Drop) -> None:
    """With a lane of its own there; the environment without a name hears nothing of it."""
    step = Step(drop().run_id)
    admission = intake(both, step)
    assert isinstance(admission, Admission)
    assert (admission.lane, admission.environment) == ("uat: customers", "uat")
    submitted = submit(both, step, lambda _: IMPORT)
    assert uat.started == [submitted.execution_id]
    assert (fno.started, fno.asked) == ([], [])
    assert both.ledger.get(step.run_id).environment == "uat"


def test_an_export_comes_from_its_own_environment(both: Services) -> None:
    """By slot and on demand."""
    export = both.plan.exports[0]
    asked = Action(utc_now(), "somebody", "asked for an export")
    run = claim_demand(both, export, "USMF", Demand(request_hash(uuid4().hex)), asked)
    assert (run.environment, run.lane) == ("uat", "uat: groups")
    assert both.fno_of(run) is both.others["uat"]


def test_an_environment_that_is_gone_is_named(both: Services) -> None:
    """A run that goes nowhere any more says where it was to go."""
    asked = Action(utc_now(), "somebody", "asked for an export")
    run = claim_demand(both, both.plan.exports[0], "USMF", Demand(request_hash(uuid4().hex)), asked)
    with pytest.raises(VanishedError, match="no environment uat any more"):
        replace(both, plan=Plan(), others={}).fno_of(run)


def test_an_environment_that_is_left_out_is_waited_for(both: Services) -> None:
    """A run that needs it goes on when its settings are mended, as after an outage of F&O."""
    asked = Action(utc_now(), "somebody", "asked for an export")
    run = claim_demand(both, both.plan.exports[0], "USMF", Demand(request_hash(uuid4().hex)), asked)
    with pytest.raises(NotSentError, match="uat is left out"):
        replace(both, others={}).fno_of(run)
    assert "come_back_seconds" in run_activity(
        deliver, DeliveryStep, lambda: replace(both, others={}), {"run_id": run.run_id}, Delivered
    )
