"""A package is brought for as long as F&O keeps it, whatever hinders it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from orchestrations.deliver_package import KEPT, LONGEST_WAIT, deliver_package
from tests.unit.orchestrations.conftest import START, Play

DELIVERY: dict[str, Any] = {"step": {"run_id": "exp-1", "attempt": 1}, "deadline_hours": 24}
THERE: dict[str, Any] = {"finding": {"outcome": "Succeeded"}}
TROUBLE: dict[str, Any] = {"trouble": "CorruptCopyError: the package is damaged"}
MakePlay = Callable[..., Play]


def test_a_package_that_is_there_is_brought_at_once(play: MakePlay) -> None:
    """Nobody waits for nothing."""
    played = play(deliver=THERE)
    assert played.run(deliver_package, DELIVERY)["outcome"] == "Succeeded"
    assert played.waited() == []


def test_packing_is_waited_for_at_the_pace_of_the_environment(play: MakePlay) -> None:
    """F&O finishes before its package can be had; each try says how often it was asked in vain."""
    played = play(deliver=[{}, {}, THERE])
    assert played.run(deliver_package, DELIVERY)["outcome"] == "Succeeded"
    assert played.waited() == [5, 5]
    assert [data["asks"] for name, data in played.inputs if name == "deliver"] == [0, 1, 2]


@pytest.mark.parametrize("trouble", [TROUBLE, RuntimeError("no storage")], ids=["said", "raised"])
def test_trouble_is_waited_out_for_days(play: MakePlay, trouble: Any) -> None:
    """Waits double to an hour; after a hundred failures the package still arrives, and the run is well."""
    played = play(deliver=[trouble] * 100 + [THERE], settle=lambda ending: ending["finding"])
    assert played.run(deliver_package, DELIVERY)["outcome"] == "Succeeded"
    waits = played.waited()
    assert waits[:4] == [30, 60, 120, 240]
    assert max(waits) == LONGEST_WAIT.total_seconds()
    assert played.generations > 100 / 20


def test_a_person_is_told_once_when_the_deadline_passes(play: MakePlay) -> None:
    """The run is settled as one that needs attention, once, with the trouble; the delivery goes on."""
    played = play(deliver=[TROUBLE] * 60 + [THERE], settle=lambda ending: ending["finding"])
    assert played.run(deliver_package, DELIVERY)["outcome"] == "Succeeded"
    endings = [data["finding"] for name, data in played.inputs if name == "settle"]
    assert [each["outcome"] for each in endings] == ["NeedsAttention"]
    assert "24 hours ago" in endings[0]["reason"]
    assert "the package is damaged" in endings[0]["reason"]


def test_who_could_not_be_told_is_told_later(play: MakePlay) -> None:
    """An outage of our storage costs the word a try."""
    failed_once = [RuntimeError("no storage"), {"outcome": "NeedsAttention"}]
    played = play(deliver=[TROUBLE] * 60 + [THERE], settle=failed_once)
    played.run(deliver_package, DELIVERY)
    assert played.steps.count("settle") == 2


def test_after_seven_days_a_full_export_is_asked_for(play: MakePlay) -> None:
    """F&O has no package any more: the run says what is lost and what brings it."""
    played = play(deliver=TROUBLE, settle=lambda ending: ending["finding"])
    ended = played.run(deliver_package, DELIVERY)
    assert ended["outcome"] == "NeedsAttention"
    assert "full export" in ended["reason"]
    assert KEPT < played.now - START < KEPT + timedelta(hours=2)
    assert played.steps.count("deliver") < 200
