"""Every run that is possible has a page; templates fail on unknown names."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from landfall.gate_queue import Hold, Queue, Ticket
from landfall.records import Action, EntityCounts, Outcome, Run, Source, State
from web.dashboard.exports import ExportCard, slot_mark, sparkline
from web.dashboard.lanes import lane_cards
from web.dashboard.messages import messages
from web.dashboard.rendering import page
from web.dashboard.run_page import run_page
from web.dashboard.runs import Title
from web.error_pages import ErrorPage, RejectedRow

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FRAME: dict[str, Any] = {
    "section": "Runs",
    "part": False,
    "here": "/api/dashboard",
    "csrf": "t",
    "may_operate": True,
    "signs_out": True,
    "seconds": 2,
    "mistakes": (),
    "closed": (),
}
MARKUP = "<script>alert(1)</script>"
BARE = {
    "import": Run("imp-1", "import", State.CLAIMED, source=Source("landing", MARKUP, "1"), times={"Landed": NOW}),
    "export": Run("exp-1", "export", State.CLAIMED, export=MARKUP, times={"Slot": NOW}),
}
COUNTS = (EntityCounts(MARKUP, 9, 1, 2, 3),)
STANDING = [(state, None) for state in State if state != State.DONE]
ENDS = [(State.DONE, outcome) for outcome in Outcome]


def text_of(run: Run, rejected: ErrorPage | None = None, **frame: Any) -> str:
    """The page of a run as text."""
    values = {**FRAME, **vars(run_page(run, NOW)), "messages": rejected and messages(rejected), **frame}
    return page("run.html", **values).get_body().decode()


@pytest.mark.parametrize("kind", ["import", "export"])
@pytest.mark.parametrize(("state", "outcome"), [*STANDING, *ENDS])
def test_a_page_of_every_run(kind: str, state: State, outcome: Outcome | None) -> None:
    """It renders with few and with all fields, and shows names as text."""
    bare = replace(BARE[kind], state=state, outcome=outcome)
    full = replace(
        bare,
        reason=MARKUP,
        same_as=MARKUP,
        left_behind=MARKUP,
        entities=COUNTS,
        files={label: f"reports/x/{label}" for label in ("archive", "receipt", "errors", "repair", "package")},
        history=(Action(NOW, MARKUP, "ran it again", MARKUP),),
        execution_page="https://fno.example/",
        times={**bare.times, state: NOW + timedelta(seconds=5)},
    )
    rejected = ErrorPage((RejectedRow(MARKUP, 2, MARKUP, MARKUP, MARKUP, "target"),), next="9")

    for text in (text_of(bare), text_of(full, rejected), text_of(full, rejected, part=True)):
        assert MARKUP not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "queue",
    [
        Queue(holders={MARKUP: "imp-1"}, callers={"imp-1": ""}),
        Queue((Ticket("imp-2", MARKUP, "1", calls=True),)),
        Queue(holds={MARKUP: Hold(MARKUP, "it failed", run="imp-3.2", since=NOW)}),
        Queue(holds={MARKUP: Hold(MARKUP, "a person held it")}),
    ],
)
def test_a_page_of_every_lane(queue: Queue) -> None:
    """A lane with a run, a waiting run or a hold renders, and shows names as text."""
    cards = lane_cards(queue, lambda run_id: Title("in/", f"{run_id}.zip"), NOW)

    text = page("lanes.html", **FRAME, cards=cards, environments=()).get_body().decode()

    assert MARKUP not in text
    assert ("Skip imp-" in text) == bool(cards[0].next)


@pytest.mark.parametrize("runs", [[], [BARE["export"], replace(BARE["export"], entities=COUNTS)]])
def test_a_page_of_every_export(runs: list[Run]) -> None:
    """An export renders with and without runs."""
    marks = tuple(slot_mark(run, NOW) for run in runs)
    card = ExportCard("groups", "Groups", ("USMF",), "At 06:00", marks, ("06:00:00",), sparkline(runs))

    text = page("exports.html", **FRAME, cards=[card]).get_body().decode()

    assert ("last 9 rows, max 9" in text) == bool(runs)


def test_a_reader_is_offered_no_action() -> None:
    """Without the role there is no form but that for signing out."""
    failed = replace(BARE["import"], state=State.DONE, outcome=Outcome.FAILED)

    assert "<form hx-post" in text_of(failed)
    assert "<form hx-post" not in text_of(failed, may_operate=False)


def test_a_part_is_only_what_changes() -> None:
    """The part that an open page refreshes has no head, navigation or scripts."""
    text = text_of(BARE["import"], part=True)

    assert text.strip().startswith('<div id="live"')
    assert "<nav" not in text
    assert "<script" not in text


def test_a_link_that_is_no_web_address_is_left_out() -> None:
    """An address with a script is not on the page."""
    failed = replace(BARE["import"], execution_page="javascript:alert(1)")

    assert "Execution in F" not in text_of(failed)
    assert "Execution in F" in text_of(replace(failed, execution_page="https://fno.example/"))


@pytest.mark.parametrize("part", [False, True])
def test_every_page_says_what_is_left_out(part: bool) -> None:  # noqa: FBT001  the case's value
    """The banner has each mistake as text, also in what an open page refreshes; without mistakes there is none."""
    mistakes = ("landfall.yaml:3: imports.packages: one", f"landfall.yaml:4: {MARKUP}")

    for text in (
        text_of(BARE["import"], part=part, mistakes=mistakes),
        page("missing.html", **FRAME | {"part": part, "mistakes": mistakes}).get_body().decode(),
    ):
        assert "imports.packages: one\n" in text
        assert "&lt;script&gt;" in text
        assert MARKUP not in text
    assert "Left out until corrected" not in text_of(BARE["import"], part=part)
