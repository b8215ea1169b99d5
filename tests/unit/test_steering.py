"""What a person asks of a lane, in the order in which they asked, whatever overtakes what on its way to the gate."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from landfall.gate_queue import LATE, Hold, Queue, Release, Ticket
from landfall.records import from_json, to_json

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def moment(second: int) -> datetime:
    """A moment, by its second."""
    return NOW + timedelta(seconds=second)


def hold(second: int) -> Hold:
    """A person's hold of lane a, asked for at this second."""
    return Hold("a", "by hand", since=moment(second))


def carried_out(*wishes: Hold | Release, queue: Queue | None = None) -> Queue:
    """The queue after the wishes, each stored and read as the gate does."""
    queue = queue or Queue()
    for wish in wishes:
        changed = queue.hold(wish) if isinstance(wish, Hold) else queue.grant(wish)
        queue = from_json(Queue, to_json(changed))
    return queue


WISHES: list[Any] = [
    (hold(1), Release("a", moment(2))),
    (hold(1), Release("a", moment(2)), hold(3)),
    (hold(1), hold(2), Release("a", moment(3))),
    (hold(1), Release("a", moment(2)), Release("a", moment(3))),
    (Release("a", moment(1)), hold(2)),
]


@pytest.mark.parametrize("wishes", WISHES)
def test_the_last_wish_counts_in_whatever_order_they_arrive(wishes: tuple[Hold | Release, ...]) -> None:
    """Hold and release travel by themselves; the lane is held in the end if the last of them was a hold."""
    for order in permutations(wishes):
        assert ("a" in carried_out(*order).holds) == isinstance(wishes[-1], Hold)


def test_a_failure_holds_a_lane_that_was_just_released() -> None:
    """A failure is no wish, so a release that was asked for before it leaves it, and one that comes after ends it."""
    failure = Hold("a", "it failed", "1", moment(1))
    released = carried_out(Release("a", moment(2)))
    assert released.fail(failure).holds == {"a": failure}
    assert carried_out(Release("a", moment(2)), queue=Queue().hold(failure)).holds == {}


def test_releases_are_forgotten_when_nothing_can_be_late() -> None:
    """The queue stays small however many lanes are released in its life."""
    queue = carried_out(Release("a", NOW), Release("b", NOW + LATE))
    assert queue.steered == {"b": NOW + LATE}


def test_two_skips_pass_over_two_runs() -> None:
    """The second does not fall on the run that the first has passed over and that has not left the queue yet."""
    waiting = tuple(Ticket(run, "a", run, calls=True) for run in ("1", "2", "3"))
    queue = Queue(waiting=waiting).hold(hold(1))
    assert queue.skip("a").skip("a").skipped == ("1", "2")
    assert queue.skip("a").next_waiting("a") == "2"
    assert queue.skip("a").skip("a").skip("a").skip("a").skipped == ("1", "2", "3")
