from dataclasses import replace

from landfall.cli.app_api import Run
from local.demo.samples import Sample
from local.demo.tour import Tour
from tests.local.demo.records import attempt, make_export, make_run, sample


class FakeApp:
    """Keeps runs that a test changes, and records the calls."""

    def __init__(self) -> None:
        self.dropped: list[str] = []
        self.repeated: list[str] = []
        self.current: list[Run] = []

    def runs(self) -> list[Run]:
        """Return copies of the runs."""
        return [dict(run) for run in self.current]

    def rerun(self, run_id: str) -> Run:
        """Record the call and start the next attempt."""
        self.repeated.append(run_id)
        (run,) = (run for run in self.current if run["run_id"] == run_id)
        run |= {"attempt": run["attempt"] + 1, "state": "Claimed", "outcome": None}
        return run

    def drop(self, sample: Sample) -> None:
        """Record the sample's name."""
        self.dropped.append(sample.name)


def test_a_failed_file_runs_again_after_the_sample_that_it_needs() -> None:
    """The group is dropped after the customers failed, and the customers run again after the group's import."""
    customers = sample("customers", attempt("Failed"), attempt(after="group"))
    app = FakeApp()
    tour = Tour([customers, sample("group", attempt(after="customers"))], app, app.drop)
    tour.look()
    assert app.dropped == ["customers"]
    failed = make_run("customers", outcome="Failed")
    app.current = [failed]
    tour.look()
    assert app.dropped == ["customers"]
    tour.look()
    assert (app.dropped, app.repeated) == (["customers", "group"], [])
    app.current = [failed, make_run("group")]
    tour.look()
    tour.look()
    assert app.repeated == ["imp-customers"]
    assert tour.open_work() == ["customers.zip, attempt 2"]
    failed |= {"state": "Done", "outcome": "Succeeded"}
    tour.look()
    assert [(ride.label, ride.ended is not None, ride.as_expected) for ride in tour.rides] == [
        ("customers.zip", True, True),
        ("group.zip", True, True),
        ("customers.zip, attempt 2", True, True),
    ]


def test_a_tour_ends_when_files_have_ended_and_an_export_was_delivered() -> None:
    """A tour waits for an export with rows, and for everything that still runs."""
    app = FakeApp()
    tour = Tour([sample("a")], app, app.drop)
    empty = make_export("2026-01-01T06:00:00Z", outcome="NoRows")
    full = make_export("2026-01-01T06:00:10Z", state="Running")
    over = []
    for current in ([make_run("a")], [make_run("a"), empty], [full, make_run("a"), empty]):
        app.current = current
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


def test_a_tour_waits_for_an_export_after_the_last_change() -> None:
    """A sample for the second export is dropped after the first one, and the tour ends after the next slot."""
    changing = replace(attempt(), exported=frozenset({("groups", "A")}), after_export=True)
    app = FakeApp()
    tour = Tour([sample("a", changing)], app, app.drop)
    tour.look()
    assert app.dropped == []
    first = make_export("2026-01-01T06:00:00Z")
    app.current = [first]
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
        app.current = [export, done, first]
        tour.look()
        over.append(tour.over)
    assert over == [False, False, True]


def test_a_failed_export_ends_the_tour() -> None:
    """A tour does not wait for another export after one that failed."""
    app = FakeApp()
    tour = Tour([], app, app.drop)
    app.current = [make_export("2026-01-01T06:00:00Z", outcome="Failed")]
    tour.look()
    assert tour.over
    assert not tour.delivered


def test_nothing_follows_an_attempt_with_an_unexpected_outcome() -> None:
    """A sample that did not end as expected is not run again."""
    app = FakeApp()
    tour = Tour([sample("a", attempt("Failed"), attempt())], app, app.drop)
    tour.look()
    app.current = [make_run("a", outcome="Succeeded")]
    tour.look()
    tour.look()
    assert app.repeated == []
    assert tour.open_work() == []
    assert [ride.as_expected for ride in tour.rides] == [False]


def test_elapsed_time_stops_with_the_run() -> None:
    """The first look that finds a run done sets the ride's end, and later looks keep it."""
    app, now = FakeApp(), iter(range(100))
    tour = Tour([sample("a")], app, app.drop, clock=lambda: next(now))
    tour.look()
    app.current = [make_run("a")]
    tour.look()
    ended = tour.rides[0].ended
    tour.look()
    assert tour.rides[0].started == 0
    assert tour.rides[0].ended == ended == 1
