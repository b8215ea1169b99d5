"""The collection of errors asks for every suspect entity, and waits for no file for ever."""

from collections.abc import Callable

from orchestrations.collect_errors import ENTITIES_PER_GENERATION, KEYS_ASKS, collect_errors
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
    assert played.waited() == [2, 5]
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


def test_a_file_that_cannot_be_fetched_costs_no_other(play: MakePlay) -> None:
    """The other entities are asked about, what is known is explained, and the reason says what is not."""
    played = play(
        fetch_messages={"entities": ["A", "B"]},
        fetch_staging_errors=[OSError("gone"), None],
        generate_error_keys=True,
        fetch_error_keys=True,
        explain=TOLD,
    )
    said = "F&O refused 1 rows Error files that could not be fetched: A: A step failed again and again: gone"
    assert played.run(collect_errors, STEP) == {"reason": said}
    assert [data["entity"] for name, data in played.inputs if name == "fetch_error_keys"] == ["B"]


def test_files_that_cannot_be_fetched_fill_no_reason(play: MakePlay) -> None:
    """Of thousands of entities the reason names the first few, and says how many more there are."""
    said = "gone " * 10_000
    played = play(
        fetch_messages={"entities": [f"E{number}" for number in range(500)]},
        fetch_staging_errors=lambda _: (_ for _ in ()).throw(OSError(said)),
        explain=TOLD,
    )
    reason = played.run(collect_errors, STEP)["reason"]
    assert "E0: A step failed again and again" in reason
    assert reason.endswith("and 490 more")
    assert len(reason) < 3000


def test_history_is_bounded_whatever_failed(play: MakePlay) -> None:
    """Hundreds of entities, and files that take their time, are spread over generations; each is asked about once."""
    entities = [f"E{number}" for number in range(230)]
    played = play(
        fetch_messages={"entities": entities},
        fetch_staging_errors=lambda about: (_ for _ in ()).throw(OSError("gone")) if about["entity"] == "E7" else None,
        generate_error_keys=lambda about: about["entity"] in {"E100", "E101", "E102"},
        fetch_error_keys=False,
        explain=TOLD,
    )
    told = played.run(collect_errors, STEP)
    assert "E7: A step failed again and again: gone" in told["reason"]
    assert [data["entity"] for name, data in played.inputs if name == "fetch_staging_errors"] == entities
    assert played.steps.count("fetch_messages") == played.steps.count("explain") == 1
    assert played.generations >= 230 / ENTITIES_PER_GENERATION + 2
