"""The client of the app's HTTP API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests

from landfall.cli.app_api import TRIES, ApiError, AppApi, NotFoundError, SilentError
from landfall.cli.places import App
from tests.unit.fno.conftest import Answer, Script

LOST = requests.ReadTimeout("lost")
RUN = {"run_id": "imp-1", "state": "Claimed", "outcome": None}


@dataclass
class Wired:
    """An API client, its scripted app, and its waits."""

    api: AppApi
    script: Script
    waits: list[float]


Wire = Callable[..., Wired]


@pytest.fixture
def app() -> Iterator[Wire]:
    """Return a function that makes an API client from the app's answers."""
    sessions: list[requests.Session] = []

    def make(*answers: Answer | Exception) -> Wired:
        session, script, waits = requests.Session(), Script(*answers), list[float]()
        sessions.append(session)
        session.mount("https://", script)
        place = App("https://contoso.azurewebsites.net/", "k3y")
        return Wired(AppApi(place, session=session, sleep=waits.append), script, waits)

    yield make
    for each in sessions:
        each.close()


def test_filters_that_are_given_are_asked_for(app: Wire) -> None:
    """The query has the given filters only, and the key is a header."""
    wired = app(Answer({"runs": [RUN]}))
    assert wired.api.runs(company="USMF", route=None, limit=5) == [RUN]
    (asked,) = wired.script.asked
    assert asked.url == "https://contoso.azurewebsites.net/api/runs?company=USMF&limit=5"
    assert asked.headers["x-functions-key"] == "k3y"


def test_pages_are_read_until_there_are_enough(app: Wire) -> None:
    """Pages are read until there are enough runs, even if a page is short."""
    pages = [{"runs": [RUN], "next": "a"}, {"runs": [], "next": "b"}, {"runs": [RUN, RUN], "next": "c"}]
    wired = app(*map(Answer, pages))
    assert wired.api.runs(limit=3, company="USMF") == [RUN] * 3
    queries = [str(each.url).partition("?")[2] for each in wired.script.asked]
    assert queries == ["company=USMF&limit=3", "company=USMF&next=a&limit=2", "company=USMF&next=b&limit=2"]


def test_a_lost_change_is_repeated_under_one_key(app: Wire) -> None:
    """A change whose answer is lost is sent again under the same key."""
    wired = app(LOST, Answer("", 503), Answer(RUN, 202))
    assert wired.api.rerun("imp-1") == RUN
    keys = {each.headers["Idempotency-Key"] for each in wired.script.asked}
    assert (len(keys), len(wired.script.asked), wired.waits) == (1, 3, [2, 4])


def test_two_changes_have_two_keys(app: Wire) -> None:
    """Each change has its own key, unless the caller gives one."""
    wired = app(*[Answer(RUN, 202)] * 3)
    wired.api.rerun("imp-1")
    wired.api.run_export("customers", {"full": True})
    wired.api.run_export("customers", {}, "mine")
    keys = [each.headers["Idempotency-Key"] for each in wired.script.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"
    assert wired.script.bodies() == [{}, {"full": True}, {}]


def test_silence_has_an_end(app: Wire) -> None:
    """An app that never answers is SilentError, not a refusal."""
    wired = app(*[LOST] * TRIES)
    with pytest.raises(SilentError, match="does not answer"):
        wired.api.rerun("imp-1")
    assert len(wired.script.asked) == TRIES


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Answer({"detail": "no run x"}, 404), NotFoundError, "no run x"),
        (Answer({"detail": "it succeeded"}, 409), ApiError, "409 it succeeded"),
        (Answer("", 401), ApiError, "LANDFALL_KEY"),
        (Answer("<html>", 302, {"Location": "https://evil.example/"}), ApiError, "302"),
        (Answer("[]", 400), ApiError, "400"),
    ],
)
def test_a_refusal_shows_the_apps_words(app: Wire, answer: Answer, kind: type[ApiError], said: str) -> None:
    """A refusal shows the app's own words; redirects are not followed."""
    wired = app(answer)
    with pytest.raises(kind, match=said) as raised:
        wired.api.run("x")
    assert len(wired.script.asked) == 1
    assert "k3y" not in str(raised.value)


def test_ids_are_parts_of_paths(app: Wire) -> None:
    """An id is quoted, so it cannot lead to another path."""
    wired = app(Answer(RUN))
    wired.api.run("../admin?x")
    assert str(wired.script.asked[0].url).endswith("/api/runs/..%2Fadmin%3Fx")
