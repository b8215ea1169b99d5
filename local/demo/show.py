"""Shows the progress of rides: a live table on a terminal, a line per change elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console
from rich.live import Live
from rich.table import Table

from landfall.cli.app_api import Run
from local.demo.tour import Ride

COUNTS = ("staged", "created", "updated", "failed")


@contextlib.contextmanager
def show_rides(
    console: Console, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[Iterable[Ride]], None]]:
    """Yield a function that shows the rides; `clock` is the tour's."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda rides: live.update(_table(rides, clock()), refresh=True)
    else:
        printed: dict[str, str] = {}
        yield lambda rides: _print_changes(rides, clock(), printed, console)


def _table(rides: Iterable[Ride], now: float) -> Table:
    table = Table("File or export", "State", "Elapsed", "Rows", box=None)
    for ride in rides:
        table.add_row(ride.label, status_of(ride), f"{_elapsed(ride, now):.0f} s", rows(ride.run))
    return table


def _print_changes(rides: Iterable[Ride], now: float, printed: dict[str, str], console: Console) -> None:
    for ride in rides:
        status = status_of(ride)
        if printed.get(ride.label) != status:
            printed[ride.label] = status
            line = f"{_elapsed(ride, now):5.1f} s  {ride.label}: {status}"
            counted = rows(ride.run)
            console.print(f"{line} ({counted})" if counted else line, soft_wrap=True)


def _elapsed(ride: Ride, now: float) -> float:
    return (now if ride.ended is None else ride.ended) - ride.started


def status_of(ride: Ride) -> str:
    """Return the run's outcome, before that its state, and Dropped while the file has no run."""
    if ride.run is None:
        return "Dropped"
    return str(ride.run["outcome"] or ride.run["state"])


def rows(run: Run | None) -> str:
    """Return the row counts of a run as text, such as `3 staged, 2 created`; empty before F&O has counted them."""
    entities = run["entities"] if run else []
    sums = {name: sum(entity[name] for entity in entities) for name in COUNTS}
    if run and run["kind"] == "export":
        return f"{sums['staged']} exported" if entities else ""
    return ", ".join(f"{count} {name}" for name, count in sums.items() if count)
