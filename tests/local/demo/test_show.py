import io
import re

from rich.console import Console

from local.demo.show import rows, show_rides
from local.demo.tour import Ride
from tests.local.demo.records import make_export, make_run

COUNTS = {"entity": "Customers", "staged": 3, "created": 1, "updated": 0, "failed": 2}


def test_prints_a_line_per_change() -> None:
    """Without a terminal each change of a ride is printed once, and a ride without a change is not."""
    out, now = io.StringIO(), iter((0.0, 1.0, 2.0, 3.0))
    ride = Ride("a.zip", 0)
    with show_rides(Console(file=out), clock=lambda: next(now)) as show:
        show([ride])
        ride.run = make_run("a", state="Running")
        show([ride])
        show([ride])
        ride.run, ride.ended = make_run("a", outcome="PartiallySucceeded", entities=[COUNTS]), 2.5
        show([ride])
    assert out.getvalue().splitlines() == [
        "  0.0 s  a.zip: Dropped",
        "  1.0 s  a.zip: Running",
        "  2.5 s  a.zip: PartiallySucceeded (3 staged, 1 created, 2 failed)",
    ]


def test_draws_a_table_on_a_terminal() -> None:
    """On a terminal each ride has a row with its state, elapsed seconds and counts."""
    out = io.StringIO()
    done = Ride("a.zip", 0, run=make_run("a", entities=[COUNTS]), ended=4.2)
    running = Ride("groups", 5, run=make_export("2026-01-01T06:00:00Z", state="Running"))
    with show_rides(Console(file=out, force_terminal=True, width=100), clock=lambda: 9.0) as show:
        show([done, running])
    text = re.sub(r"\s+", " ", out.getvalue())
    assert "a.zip Succeeded 4 s 3 staged, 1 created, 2 failed groups Running 4 s" in text


def test_an_export_shows_how_many_rows_it_has() -> None:
    """The rows that F&O staged for an export are the exported rows."""
    assert rows(make_export("2026-01-01T06:00:00Z", entities=[{**COUNTS, "created": 0, "failed": 0}])) == "3 exported"
