"""A person marks failures as dealt with: one by one with a reason, or many by one request."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from landfall.ledger.file_labels import FileLabel
from landfall.ledger.ledger import Ledger
from landfall.ledger.requests import LIFE, Request, Requests
from landfall.records import Outcome, Run, Source, State, Submission, utc_now
from landfall.services import Services
from web.all_errors import collect_errors
from web.bulk import BulkRequest, find_runs
from web.dealing import mark_dealt_with, open_failure_again
from web.models import RunsQuery
from web.problems import ProblemError


def ended(services: Services, outcome: Outcome | None, **about: Any) -> Run:
    """A run that ended so, or has not."""
    source = Source("landing", f"in/{uuid4().hex}.csv", '"1"')
    run = services.ledger.claim(replace(Run(f"imp-{uuid4().hex}", "import", State.CLAIMED, source=source), **about))
    assert run
    state = State.DONE if outcome else State.RUNNING
    return services.ledger.change(run.run_id, 1, lambda row: replace(row, state=state, outcome=outcome))


def test_a_person_deals_with_a_failure(services: Services) -> None:
    """The run keeps who said what; a second time, by whomever, changes nothing."""
    run = ended(services, Outcome.REJECTED)
    dealt = mark_dealt_with(services.ledger, run.run_id, "Kim", "sent by mail")
    assert dealt.dealt_with
    assert (dealt.dealt_with.who, dealt.dealt_with.why) == ("Kim", "sent by mail")
    assert [(each.who, each.what, each.why) for each in dealt.history] == [
        ("Kim", "marked it as dealt with", "sent by mail")
    ]
    assert mark_dealt_with(services.ledger, run.run_id, "Robin", "too") == dealt


def test_a_failure_is_opened_again(services: Services) -> None:
    """It counts again, and who did that stays too; a run that is open is left alone."""
    run = ended(services, Outcome.FAILED)
    mark_dealt_with(services.ledger, run.run_id, "Kim", "wrong one")
    opened = open_failure_again(services.ledger, run.run_id, "Kim")
    assert opened.is_open_failure
    assert [each.what for each in opened.history] == ["marked it as dealt with", "opened the failure again"]
    assert open_failure_again(services.ledger, run.run_id, "Kim") == opened


def test_a_request_deals_with_a_failure_once(services: Services) -> None:
    """Repeated under its key, it leaves a failure alone that was opened meanwhile."""
    run = ended(services, Outcome.FAILED)
    mark_dealt_with(services.ledger, run.run_id, "Kim", "done", "key")
    open_failure_again(services.ledger, run.run_id, "Robin")
    assert mark_dealt_with(services.ledger, run.run_id, "Kim", "done", "key").is_open_failure


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (None, "has not ended: attempt 1 is Running. Wait for it to end"),
        (Outcome.SUCCEEDED, "ended Succeeded, so there is nothing to deal with"),
        (Outcome.CANCELED, "ended Canceled, so there is nothing to deal with"),
        (Outcome.NEEDS_ATTENTION, "Record its outcome first"),
    ],
)
def test_only_a_known_failure_is_dealt_with(services: Services, outcome: Outcome | None, words: str) -> None:
    """Other runs are refused with 409 and what to do; what F&O may have run is resolved first."""
    run = ended(services, outcome, submission=Submission(1))
    with pytest.raises(ProblemError, match=words) as refusal:
        mark_dealt_with(services.ledger, run.run_id, "Kim", "done")
    assert refusal.value.status == 409
    assert services.ledger.get(run.run_id) == run


@pytest.fixture
def ledger(services: Services) -> Ledger:
    """The ledger in a table of its own."""
    return Ledger(services.account.tables.create_table(f"t{uuid4().hex}"))


def request(**about: Any) -> BulkRequest:
    """A request about many runs."""
    return BulkRequest.model_validate({"action": "dealt_with", "reason": "cleared", **about})


def test_a_repeated_request_is_about_the_same_runs(services: Services, ledger: Ledger) -> None:
    """What its filter finds now does not matter: the runs are those of the first time; other bodies are refused."""
    services = replace(services, ledger=ledger)
    first, wanted = ended(services, Outcome.FAILED), request(filter={"open_failure": True})
    assert find_runs(ledger, "key", wanted).runs == (first.run_id,)
    mark_dealt_with(ledger, first.run_id, "Kim", "cleared")
    second = ended(services, Outcome.FAILED)
    assert find_runs(ledger, "key", wanted).runs == (first.run_id,)
    assert find_runs(ledger, None, wanted).runs == (second.run_id,)
    with pytest.raises(ProblemError, match="another body"):
        find_runs(ledger, "key", request(runs=[first.run_id]))


def test_answers_are_kept_for_a_week(services: Services) -> None:
    """A hundred answers of any words are given again as they were, in their order; then the request is forgotten."""
    table, now = services.account.tables.create_table(f"t{uuid4().hex}"), utc_now()
    asked = Request("hash", tuple(f"imp-{number}" for number in range(100)), "token")
    requests = Requests(table, lambda: now)
    assert requests.claim("key", asked) == asked
    answers = tuple((409, f"{number} {'漢' * 490}") for number in range(100))
    requests.finish("key", answers)
    assert requests.claim("key", replace(asked, body="other")) == replace(asked, answers=answers)
    later = Requests(table, lambda: now + LIFE + timedelta(seconds=1))
    assert later.claim("key", replace(asked, body="other")).body == "other"


@pytest.mark.parametrize(
    "about",
    [{}, {"runs": [], "filter": {}}, {"runs": ["a"], "next": "b"}, {"runs": ["a"] * 101}, {"filter": {"until": {}}}],
)
def test_a_request_says_which_runs_it_means(about: dict[str, Any]) -> None:
    """Neither or both, too many, a page of named runs, or no moment: all are errors of the request."""
    with pytest.raises(ValueError, match=r"runs|filter"):
        request(**about)


HEADER = "\ufeffentity,line,key,field,message,stage,Name\r\n"


def test_errors_of_many_runs_are_one_file(services: Services, ledger: Ledger) -> None:
    """Each line has its run and file, the newest run first; it ends with what to do where runs or rows are left out."""
    services = replace(services, ledger=ledger)
    runs = []
    for number in range(3):
        run = ended(services, Outcome.FAILED)
        path = f"reports/{run.run_id}/errors.csv"
        lines = f"Groups,{number},k,f,'=bad,target,x\r\n" * 2 if number else f"Groups,,,,'=bad,,{'x' * 2000}\r\n"
        services.account.blob(path).upload_blob((HEADER + lines).encode())
        files = {FileLabel.ERRORS: path}
        runs.append(ledger.change(run.run_id, 1, lambda row, files=files: replace(row, files=files)))
    ended(services, Outcome.FAILED)
    gone = ended(services, Outcome.FAILED)
    ledger.change(gone.run_id, 1, lambda row: replace(row, files={FileLabel.ERRORS: f"reports/{gone.run_id}/none"}))

    def rows(most: int = 10**6, **query: Any) -> list[list[str]]:
        text = collect_errors(services, RunsQuery.model_validate(query), most)
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))

    two, one, zero = (run.run_id for run in reversed(runs))
    assert [row[0] for row in rows()] == ["run_id", two, two, one, one, zero]
    source = runs[2].source
    assert source
    assert rows()[1] == [runs[2].run_id, source.name, "Groups", "2", "k", "f", "'=bad", "target"]
    assert rows(open_failure=True, limit=3)[-1][6].startswith("More runs may match: ask again with next=")
    assert rows(most=150)[-1][6].startswith(f"Cut within run {runs[2].run_id}")
