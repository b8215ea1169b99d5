"""The same Idempotency-Key with another body is another request, and is refused instead of thrown away."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from landfall.config.plan import Plan
from landfall.ids import request_hash
from landfall.ledger.file_labels import FileLabel
from landfall.records import Action, Demand, Outcome, Run, State, utc_now
from landfall.services import Services
from landfall.storage.landing import REPAIRS
from tests.integration.conftest import Drop
from tests.integration.test_reopen import reopen
from tests.unit.made_packages import package
from web.exports import order
from web.imports import Repair, land
from web.problems import ProblemError

RIGHT, OTHER = package(data=b"GROUPID,NAME\r\n10,Right\r\n"), package(data=b"GROUPID,NAME\r\n20,Other\r\n")
REFUSED = "This Idempotency-Key belongs to a request with another body"


@pytest.fixture
def failed(services: Services, drop: Drop) -> Run:
    """A run that ended with rejected rows."""
    about = {
        "state": State.DONE,
        "outcome": Outcome.PARTIALLY_SUCCEEDED,
        "company": "USMF",
        "files": {FileLabel.REPAIR: "reports/repair.zip", FileLabel.ARCHIVE: "archive/a.zip"},
    }
    return services.ledger.change(drop().run_id, 1, lambda row: replace(row, **about))  # type: ignore[arg-type]


def test_corrected_rows_under_a_used_key_are_refused(services: Services, failed: Run) -> None:
    """The first rows stay the request's; other rows get 409 and what to do, and go through under their own key."""
    made = land(services, Repair(failed.run_id, "Kim", "key", RIGHT))
    with pytest.raises(ProblemError, match=REFUSED) as refusal:
        land(services, Repair(failed.run_id, "Kim", "key", OTHER))
    assert refusal.value.status == 409
    assert land(services, Repair(failed.run_id, "Robin", "key", RIGHT)).run_id == made.run_id
    assert land(services, Repair(failed.run_id, "Kim", "key-2", OTHER)).run_id != made.run_id


def test_of_two_bodies_at_once_one_is_refused(services: Services, failed: Run) -> None:
    """Whichever comes first gets its run, and no rows vanish into the other's run."""

    def send(content: bytes) -> str:
        try:
            return land(services, Repair(failed.run_id, "Kim", "key", content)).run_id
        except ProblemError:
            return "refused"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, [RIGHT, OTHER] * 3))
    assert len(set(answers)) == 2
    assert set(answers[0::2]) == {"refused"} or set(answers[1::2]) == {"refused"}


def test_another_wish_for_an_attempt_is_refused(services: Services, failed: Run) -> None:
    """A key stands for its reason and switches too, also after the attempt has ended."""
    assert reopen(services.ledger, failed.run_id, "key", reason="the group exists now").attempt == 2
    services.ledger.change(failed.run_id, 2, lambda row: replace(row, state=State.DONE, outcome=Outcome.SUCCEEDED))
    with pytest.raises(ProblemError, match=REFUSED):
        reopen(services.ledger, failed.run_id, "key", reason="the group exists now", force=True)
    assert reopen(services.ledger, failed.run_id, "key", reason="the group exists now", force=False).attempt == 2
    assert services.ledger.get(failed.run_id).attempt == 2


def test_a_refused_request_uses_up_no_key(services: Services, failed: Run) -> None:
    """After a refusal the corrected request may come under the same key."""
    with pytest.raises(ProblemError, match="not a zip"):
        land(services, Repair(failed.run_id, "Kim", "key", b"no package"))
    assert land(services, Repair(failed.run_id, "Kim", "key", RIGHT)).repairs == failed.run_id
    services.ledger.change(failed.run_id, 1, lambda row: replace(row, outcome=Outcome.SUCCEEDED))
    with pytest.raises(ProblemError, match="send force and a reason"):
        reopen(services.ledger, failed.run_id, "key")
    assert reopen(services.ledger, failed.run_id, "key", force=True, reason="rows were deleted").attempt == 2


def test_keys_of_a_release_without_hashes_answer_as_before(services: Services, failed: Run) -> None:
    """A key noted before bodies were compared fits every body."""
    made = land(services, Repair(failed.run_id, "Kim", "old", RIGHT))
    keys = {f"{REPAIRS} old": made.run_id, "old": 1}
    services.ledger.change(failed.run_id, 1, lambda row: replace(row, request_keys=keys, request_bodies={}))
    assert land(services, Repair(failed.run_id, "Kim", "old", OTHER)).run_id == made.run_id
    assert reopen(services.ledger, failed.run_id, "old", reason="again").attempt == 1


@pytest.mark.parametrize(
    ("company", "demand", "why"),
    [
        ("DEMF", {"full": True}, "lost"),
        ("USMF", {"full": False}, "lost"),
        ("USMF", {"preview": 5}, "lost"),
        ("USMF", {"full": True}, "another reason"),
    ],
)
def test_another_export_under_a_used_key_is_refused(
    services: Services, company: str, demand: dict[str, int], why: str
) -> None:
    """A key stands for the company, the kind of export and the reason; the same order again is the same run."""
    entry = {
        "name": f"e{uuid4().hex[:12]}",
        "data_project": "Groups",
        "companies": ["USMF", "DEMF"],
        "schedule": "0 0 6 * * *",
    }
    export = Plan.model_validate({"exports": [entry]}).exports[0]
    request = request_hash("key")
    first = order(services, export, "USMF", Demand(request, full=True), Action(utc_now(), "Kim", "asked", "lost"))
    again = order(services, export, "USMF", Demand(request, full=True), Action(utc_now(), "Robin", "asked", "lost"))
    assert again == first
    with pytest.raises(ProblemError, match=REFUSED):
        order(services, export, company, Demand(request, **demand), Action(utc_now(), "Kim", "asked", why))
