"""The collection of errors asks for every suspect entity, and waits for no file for ever."""

from collections.abc import Callable

from orchestrations.collect_errors import KEYS_ASKS, collect_errors
from tests.unit.orchestrations.conftest import Play

STEP = {"run_id": "imp-1", "attempt": 1}
TOLD = {"reason": "F&O refused 1 rows"}
MakePlay = Callable[..., Play]


def test_every_suspect_is_asked_about(play: MakePlay) -> None:
    """Messages first, then both files of each entity, then the explanation."""
    played = play(
        fetch_messages={"entities": ["A", "B"]},
        fetch_staging_errors=None,
        generate_error_keys=[True, False],
        fetch_error_keys=[False, False, True],
        explain=TOLD,
    )
    assert played.run(collect_errors, STEP) == TOLD
    assert played.steps == [
        "fetch_messages",
        "fetch_staging_errors",
        "generate_error_keys",
        "fetch_error_keys",
        "fetch_error_keys",
        "fetch_error_keys",
        "fetch_staging_errors",
        "generate_error_keys",
        "explain",
    ]
    assert played.waited() == [1, 5]
    assert [data["entity"] for name, data in played.inputs if name == "fetch_staging_errors"] == ["A", "B"]


def test_a_file_that_never_comes_is_given_up(play: MakePlay) -> None:
    """After a bounded number of questions the run goes on without it."""
    played = play(
        fetch_messages={"entities": ["A"]},
        fetch_staging_errors=None,
        generate_error_keys=True,
        fetch_error_keys=False,
        explain=TOLD,
    )
    assert played.run(collect_errors, STEP) == TOLD
    assert played.steps.count("fetch_error_keys") == KEYS_ASKS


def test_without_suspects_there_is_still_an_explanation(play: MakePlay) -> None:
    """The messages alone may say enough."""
    played = play(fetch_messages={"entities": []}, explain=TOLD)
    assert played.run(collect_errors, STEP) == TOLD
    assert played.steps == ["fetch_messages", "explain"]
