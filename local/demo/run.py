"""`make demo`, from fresh state to the outcome table."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from landfall.cli.app_api import AppApi
from landfall.cli.dropping import LANDING, drop
from local.demo import samples
from local.demo.deltas import lost_or_repeated
from local.demo.outputs import fetch, names
from local.demo.show import rows, showing, standing
from local.demo.tour import Ride, Tour
from local.demo.verdict import complaints
from local.lock import held
from local.stack import LOCAL, ROOT, Stack, started

ARCHIVE = "archive"
SETTINGS = {"EXPORT_SCHEDULE": "*/10 * * * * *"}
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 180.0  # three times what it takes on a slow machine


@dataclass
class Findings:
    """What the demo found: by ride its files, and by what they are about the things that are wrong."""

    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def demo(console: Console, place: Path = LOCAL) -> bool:
    """Run the samples through the app and print what became of them; say whether all ended as their samples say.

    State, logs and `out/` lie under `demo/` in `place`, anew each time.

    Raises:
        PartError: a part did not start or stopped by itself.
        ApiError: the app does not answer as it should.
    """
    begun = time.monotonic()
    folder, out = place / "demo", place / "demo" / "out"
    chosen = samples.build(ROOT / "samples" / "build.py", place / "samples")
    console.print("Starting storage, F&O emulator and app ...")
    with held(folder) as lock:
        shutil.rmtree(folder)
        with started(folder, lock, settings=SETTINGS) as stack, closing(AppApi(stack.app)) as api:
            console.print(f"Up after {time.monotonic() - begun:.1f} s; dropping the samples into {LANDING}/")
            tour = Tour(chosen, api, lambda sample: drop(stack.storage, sample.path, sample.blob))
            found = follow(tour, stack, out, console)
    report(tour.rides, found, out, console)
    seconds = time.monotonic() - begun
    console.print(f"\nAll stopped after {seconds:.0f} s. Logs: {os.path.relpath(folder / 'logs')}")
    return not found.wrong


def follow(tour: Tour, stack: Stack, out: Path, console: Console) -> Findings:
    """Show the tour until it is over, bring what each ride left to `out`, and judge it all."""
    found = Findings()
    with BlobServiceClient.from_connection_string(stack.storage) as service:
        with showing(console) as show:
            for _ in looks(tour, stack):
                gather(tour.rides, found, service, out)
                show(tour.rides)
        found.wrong += misplaced(tour, service)
    found.wrong += [f"{name} did not come to its end" for name in tour.unfinished()]
    if not tour.delivered:
        found.wrong.append("no export was delivered")
    found.wrong += lost_or_repeated(tour.rides, found.files, tour.samples)
    return found


def looks(tour: Tour, stack: Stack) -> Iterator[None]:
    """Look again and again, until the tour is over or takes too long.

    Raises:
        PartError: a part has stopped.
        ApiError: all parts run, but the app does not answer as it should.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not tour.over and time.monotonic() < end:
        stack.check()
        tour.look()
        yield
        time.sleep(LOOK_SECONDS)


def gather(rides: list[Ride], found: Findings, service: BlobServiceClient, out: Path) -> None:
    """Fetch and judge what the rides left that have ended since the last time."""
    for ride in rides:
        if ride.ended is None or ride.label in found.files:
            continue
        try:
            found.files[ride.label] = fetch(service, ride.run or {}, out / ride.folder)
        except ResourceNotFoundError as error:
            found.files[ride.label] = {}
            found.wrong.append(f"{ride.label}: it names a file that is not there ({error.reason})")
        found.wrong += [
            f"{ride.label}: {complaint}" for complaint in complaints(ride, found.files[ride.label])
        ]


def misplaced(tour: Tour, service: BlobServiceClient) -> list[str]:
    """Return what is wrong with where the files are: each must be in the archive once and nowhere else."""
    archived = Counter(PurePosixPath(name).name for name in names(service, ARCHIVE))
    times = {sample.path.name: archived[sample.path.name] for sample in tour.samples}
    wrong = [f"{name} is in {ARCHIVE} {count} times" for name, count in times.items() if count != 1]
    return wrong + [f"{name} is still in {LANDING}" for name in names(service, LANDING)]


def report(rides: list[Ride], found: Findings, out: Path, console: Console) -> None:
    """Print the outcome table and what is wrong."""
    table = Table(
        "File or export",
        "Outcome",
        "Rows",
        Column("Receipt, report or package", overflow="fold"),
        title="What became of them",
        caption=f"The files lie under {os.path.relpath(out)}",
    )
    for ride in rides:
        files = found.files.get(ride.label, {})
        places = [
            str(files[label].relative_to(out)) for label in ("receipt", "errors", "package") if label in files
        ]
        table.add_row(ride.label, standing(ride), rows(ride.run), "\n".join(places))
    console.print(table)
    for wrong in found.wrong:
        console.print(f"[red]WRONG[/red] {escape(wrong)}", soft_wrap=True)
    if not found.wrong:
        console.print("Every run ended as its sample says.")
