"""People are told in one message, which is retried for a day while more joins it."""

from collections.abc import Callable
from datetime import timedelta

from orchestrations.tell import TRIES
from orchestrations.tell_people import tell_people
from tests.unit.orchestrations.conftest import START, Play

BOX = {"rule": "ops", "daily": False}
MakePlay = Callable[..., Play]


def due(seconds: float) -> dict[str, str]:
    """The answer that a box is due in so many seconds."""
    return {"at": (START + timedelta(seconds=seconds)).isoformat()}


def test_a_box_is_told_when_it_is_due_and_looked_into_again(play: MakePlay) -> None:
    """What arrives while the message is sent is the next one's; an empty box ends the orchestration."""
    played = play(when_to_tell=[due(60), due(120)], tell_box=[{"facts": 50}, {"facts": 0}])
    played.run(tell_people, BOX)
    assert played.steps == ["when_to_tell", "tell_box"] * 2
    assert played.waited() == [60, 60]
    assert played.generations == 2


def test_a_message_that_is_not_taken_is_tried_again(play: MakePlay) -> None:
    """Waits grow, and each try tells what is in the box then."""
    played = play(when_to_tell=[due(60), due(200)], tell_box=[None, None, {"facts": 1}, {"facts": 0}])
    played.run(tell_people, BOX)
    assert played.waited() == [60, 10, 20, 110]


def test_a_dead_channel_is_left_to_the_sweeper_after_a_day(play: MakePlay) -> None:
    """The history stays short; the sweeper starts the box anew as long as there is something in it."""
    played = play(when_to_tell=due(60), tell_box=None)
    played.run(tell_people, BOX)
    assert played.steps.count("tell_box") == TRIES
    assert played.generations == 1


def test_a_box_that_was_due_before_waits_no_longer(play: MakePlay) -> None:
    """A host that was away for hours does not ask for a timer in the past."""
    played = play(when_to_tell=due(-3600), tell_box={"facts": 0})
    played.run(tell_people, BOX)
    assert played.waited() == [2]
