"""Every page can be made of every run there can be: templates refuse names that do not exist."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from landfall.records import Action, EntityCounts, Outcome, Run, Source, State
from web.dashboard.messages import messages
from web.dashboard.rendering import page
from web.dashboard.run_page import run_page
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
}
MARKUP = "<script>alert(1)</script>"
BARE = {
    "import": Run(
        "imp-1", "import", State.CLAIMED, source=Source("landing", MARKUP, "1"), times={"Landed": NOW}
    ),
    "export": Run("exp-1", "export", State.CLAIMED, export=MARKUP, times={"Slot": NOW}),
}
STANDING = [(state, None) for state in State if state != State.DONE]
ENDS = [(State.DONE, outcome) for outcome in Outcome]


def shown(run: Run, rejected: ErrorPage | None = None, **frame: Any) -> str:
    """The page of a run, as text."""
    values = {**FRAME, **vars(run_page(run, NOW)), "messages": rejected and messages(rejected), **frame}
    return page("run.html", **values).get_body().decode()


@pytest.mark.parametrize("kind", ["import", "export"])
@pytest.mark.parametrize(("state", "outcome"), [*STANDING, *ENDS])
def test_a_page_of_every_run(kind: str, state: State, outcome: Outcome | None) -> None:
    """Whatever is known of it and whatever is not; its file's name is text."""
    bare = replace(BARE[kind], state=state, outcome=outcome)
    full = replace(
        bare,
        reason=MARKUP,
        entities=(EntityCounts(MARKUP, 9, 1, 2, 3),),
        files={
            label: f"reports/x/{label}" for label in ("archive", "receipt", "errors", "repair", "package")
        },
        history=(Action(NOW, MARKUP, "ran it again", MARKUP),),
        execution_page="https://fno.example/",
        times={**bare.times, state: NOW + timedelta(seconds=5)},
    )
    rejected = ErrorPage((RejectedRow(MARKUP, 2, MARKUP, MARKUP, MARKUP, "target"),), next="9")

    for text in (shown(bare), shown(full, rejected), shown(full, rejected, part=True)):
        assert MARKUP not in text
        assert "&lt;script&gt;" in text


def test_who_may_only_look_is_offered_nothing_to_do() -> None:
    """Without the role there are no forms but that for signing out."""
    failed = replace(BARE["import"], state=State.DONE, outcome=Outcome.FAILED)

    assert "<form hx-post" in shown(failed)
    assert "<form hx-post" not in shown(failed, may_operate=False)


def test_a_part_is_what_changes_and_nothing_around_it() -> None:
    """What an open page asks for again comes without head, navigation and scripts."""
    text = shown(BARE["import"], part=True)

    assert text.strip().startswith('<div id="live"')
    assert "<nav" not in text
    assert "<script" not in text
