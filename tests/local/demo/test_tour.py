from dataclasses import replace

from landfall.cli.app_api import Run
from local.demo.samples import Sample
from local.demo.tour import Tour
from tests.local.demo.records import attempt, make_export, make_run, sample


class FakeApp:
    """Keeps runs that a test moves, and notes what it was asked."""

    def __init__(self) -> None:
        self.dropped: list[str] = []
        self.repeated: list[str] = []
        self.there: list[Run] = []

    def runs(self) -> list[Run]:
        """Return the runs as they are now."""
        return [dict(run) for run in self.there]

    def rerun(self, run_id: str) -> Run:
        """Note it and begin the next attempt."""
        self.repeated.append(run_id)
        (run,) = (run for run in self.there if run["run_id"] == run_id)
        run |= {"attempt": run["attempt"] + 1, "state": "Claimed", "outcome": None}
        return run

    def drop(self, sample: Sample) -> None:
        """Note which sample was dropped."""
        self.dropped.append(sample.name)


def test_a_file_that_failed_is_run_again_when_another_brought_what_it_lacked() -> None:
    """The group is dropped only once the customers have failed, and the customers are rerun only once it is in."""
    customers = sample("customers", attempt("Failed"), attempt(after="group"))
    app = FakeApp()
    tour = Tour([customers, sample("group", attempt(after="customers"))], app, app.drop)
    tour.look()
    assert app.dropped == ["customers"]
    failed = make_run("customers", outcome="Failed")
    app.there = [failed]
    tour.look()
    assert app.dropped == ["customers"]
    tour.look()
    assert (app.dropped, app.repeated) == (["customers", "group"], [])
    app.there = [failed, make_run("group")]
    tour.look()
    tour.look()
    assert app.repeated == ["imp-customers"]
    assert tour.unfinished() == ["customers.zip, attempt 2"]
    failed |= {"state": "Done", "outcome": "Succeeded"}
    tour.look()
    assert [(ride.label, ride.ended is not None, ride.as_expected) for ride in tour.rides] == [
        ("customers.zip", True, True),
        ("group.zip", True, True),
        ("customers.zip, attempt 2", True, True),
    ]


def test_is_over_when_files_have_ended_and_an_export_was_delivered() -> None:
    """An export without rows is not the one to wait for, and nothing may still run at the end."""
    app = FakeApp()
    tour = Tour([sample("a")], app, app.drop)
    empty = make_export("2026-01-01T06:00:00Z", outcome="NoRows")
    full = make_export("2026-01-01T06:00:10Z", state="Running")
    over = []
    for there in ([make_run("a")], [make_run("a"), empty], [full, make_run("a"), empty]):
        app.there = there
        tour.look()
        over.append(tour.over)
    full |= {"state": "Done", "outcome": "Succeeded"}
    tour.look()
    assert [*over, tour.over] == [False, False, False, True]
    assert [(ride.label, ride.folder) for ride in tour.rides] == [
        ("a.zip", "a"),
        ("groups USMF 06:00:00", "groups-USMF-06-00-00"),
        ("groups USMF 06:00:10", "groups-USMF-06-00-10"),
    ]


def test_waits_for_an_export_of_what_changed_after_the_first() -> None:
    """A sample for the second export is dropped when the first has arrived, and all is over when the next slot has run."""
    changing = replace(attempt(), exported=frozenset({("groups", "A")}), after_export=True)
    app = FakeApp()
    tour = Tour([sample("a", changing)], app, app.drop)
    tour.look()
    assert app.dropped == []
    first = make_export("2026-01-01T06:00:00Z")
    app.there = [first]
    tour.look()
    tour.look()
    assert app.dropped == ["a"]
    done = make_run("a", times={"Done": "2026-01-01T06:00:12.5Z"})
    over = []
    for export in (
        make_export("2026-01-01T06:00:10Z"),
        make_export("2026-01-01T06:00:20Z", outcome="Superseded"),
        make_export("2026-01-01T06:00:30Z", outcome="NoRows"),
    ):
        app.there = [export, done, first]
        tour.look()
        over.append(tour.over)
    assert over == [False, False, True]


def test_does_not_wait_for_another_export_after_one_that_failed() -> None:
    """A broken export is reported at once, not after all patience is spent."""
    app = FakeApp()
    tour = Tour([], app, app.drop)
    app.there = [make_export("2026-01-01T06:00:00Z", outcome="Failed")]
    tour.look()
    assert tour.over
    assert not tour.delivered


def test_nothing_follows_an_attempt_that_ended_otherwise() -> None:
    """A sample that did not end as it says is not rerun: its next attempt would tell nothing."""
    app = FakeApp()
    tour = Tour([sample("a", attempt("Failed"), attempt())], app, app.drop)
    tour.look()
    app.there = [make_run("a", outcome="Succeeded")]
    tour.look()
    tour.look()
    assert app.repeated == []
    assert tour.unfinished() == []
    assert [ride.as_expected for ride in tour.rides] == [False]


def test_elapsed_time_stops_with_the_run() -> None:
    """A ride's end is when it was first seen to be done, whatever comes after."""
    app, now = FakeApp(), iter(range(100))
    tour = Tour([sample("a")], app, app.drop, clock=lambda: next(now))
    tour.look()
    app.there = [make_run("a")]
    tour.look()
    ended = tour.rides[0].ended
    tour.look()
    assert tour.rides[0].begun == 0
    assert tour.rides[0].ended == ended == 1
