"""Show rides as they move: a live table on a terminal, a line per change elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from local.demo.tour import Ride

COUNTS = ("staged", "created", "updated", "failed")


@contextlib.contextmanager
def showing(
    console: Console, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[Iterable[Ride]], None]]:
    """Give what shows the rides as they stand: `clock` is the tour's."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda rides: live.update(_table(rides, clock()), refresh=True)
    else:
        printed: dict[str, str] = {}
        yield lambda rides: _print_changes(rides, clock(), printed, console)


def _table(rides: Iterable[Ride], now: float) -> Table:
    table = Table("File or export", "State", "Elapsed", *(count.capitalize() for count in COUNTS), box=None)
    for ride in rides:
        numbers = (str(count) for count in counts(ride.run))
        table.add_row(ride.label, standing(ride), f"{_elapsed(ride, now):.0f} s", *numbers)
    return table


def _print_changes(rides: Iterable[Ride], now: float, printed: dict[str, str], console: Console) -> None:
    for ride in rides:
        stands = standing(ride)
        if printed.get(ride.label) != stands:
            printed[ride.label] = stands
            rows = ", ".join(f"{count} {name}" for name, count in zip(COUNTS, counts(ride.run), strict=False))
            line = f"{_elapsed(ride, now):5.1f} s  {ride.label}: {stands}"
            console.print(f"{line} ({rows})" if rows else line, soft_wrap=True)


def _elapsed(ride: Ride, now: float) -> float:
    return (now if ride.ended is None else ride.ended) - ride.begun


def standing(ride: Ride) -> str:
    """Return the state, or the outcome of what is done; a file nobody has noticed yet is Dropped."""
    if ride.run is None:
        return "Dropped"
    return str(ride.run["outcome"] or ride.run["state"])


def counts(run: Mapping[str, Any] | None) -> list[int]:
    """Return the sums over the run's entities in the order of COUNTS; nothing before F&O has counted."""
    entities = run["entities"] if run else []
    return [sum(entity[name] for entity in entities) for name in COUNTS] if entities else []
