"""The timeline of a run."""

from datetime import UTC, datetime, timedelta

from landfall.records import Outcome, Run, State
from web.dashboard.timeline import attempt_start, timeline

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """A moment so many seconds after the file landed."""
    return START + timedelta(seconds=seconds)


def run(times: dict[str, float], **values: object) -> Run:
    """An import with its times in seconds after landing."""
    kept = {state: at(seconds) for state, seconds in times.items()}
    return Run("imp-1", "import", State.RUNNING, times=kept, **values)  # type: ignore[arg-type]


def test_a_states_width_is_its_share_of_the_time() -> None:
    """The segments fill the width without a gap; an hour is wider than a second, and both are visible."""
    way = timeline(
        run({"Landed": 0, "Claimed": 1, "Intake": 2, "Running": 3, "Done": 3603}, outcome=Outcome.SUCCEEDED),
        at(9999),
    )

    assert [each.name for each in way.segments] == ["Received", "Intake", "F&O running"]
    assert [each.took for each in way.segments] == ["2.0 s", "1.0 s", "1 h"]
    ends = [each.x + each.width for each in way.segments]
    assert [round(each, 6) for each in (0, *ends)] == [
        round(each, 6) for each in (*(one.x for one in way.segments), 100)
    ]
    assert way.segments[2].width > 30 * way.segments[1].width > 60
    assert way.ended == "13:00:03"


def test_a_run_that_has_not_ended_goes_on_until_now() -> None:
    """The last segment lasts until now and is marked, and there is no end."""
    way = timeline(run({"Landed": 0, "Intake": 1}), at(31))

    assert [(each.took, each.goes_on) for each in way.segments] == [("1.0 s", False), ("30 s", True)]
    assert way.ended is None


def test_each_status_check_is_a_tick() -> None:
    """A check in the middle of a state is a tick in the middle of its segment; none is outside the timeline."""
    looked = run({"Landed": 0, "Running": 10}, looks=(at(-5), at(20), at(30)))

    way = timeline(looked, at(30))

    running = way.segments[1]
    assert [round(tick, 6) for tick in way.looks] == [round(running.x + running.width / 2, 6), 100]


def test_a_later_attempt_has_its_own_timeline() -> None:
    """The time before the second attempt is not part of it; before its first step the timeline is empty."""
    again = run({"Landed": 0, "Claimed": 1, "Intake": 7200, "Waiting": 7202}, attempt=2)

    assert [each.name for each in timeline(again, at(7203)).segments] == ["Intake", "Waiting"]
    assert attempt_start(again) == at(7200)
    assert timeline(run({"Landed": 0, "Claimed": 1}, attempt=2), at(9)).segments == ()


def test_states_of_one_moment_share_the_width() -> None:
    """If no time has passed, the segments are equally wide."""
    way = timeline(run({"Landed": 0, "Intake": 0}), at(0))

    assert [(each.x, each.width) for each in way.segments] == [(0, 50), (50, 50)]


def test_exports_have_their_own_words() -> None:
    """The states of an export are named after what an export does."""
    export = Run("exp-1", "export", State.COLLECTING, times={"Slot": at(0), "Submitting": at(1), "Collecting": at(2)})

    assert [each.name for each in timeline(export, at(3)).segments] == ["Due", "Requesting", "Downloading"]
