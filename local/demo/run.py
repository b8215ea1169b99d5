"""`make demo`, from empty state to the table of results."""

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
from local.demo.deltas import export_mistakes
from local.demo.outputs import fetch, names
from local.demo.show import rows, show_rides, status_of
from local.demo.tour import Ride, Tour
from local.demo.verdict import complaints
from local.lock import lock_folder
from local.stack import LOCAL, ROOT, Stack, check_app, start_stack

ARCHIVE = "archive"
SETTINGS = {"EXPORT_SCHEDULE": "*/10 * * * * *"}
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 180.0  # three times the duration on a slow machine
MEANT_TO_FAIL = {"Failed", "Rejected"}


@dataclass
class Findings:
    """The files of each ride by its label, and a sentence per mistake."""

    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def demo(console: Console, local: Path = LOCAL) -> bool:
    """Run all samples through the app and print the results; return whether all ended as expected.

    State, logs and `out/` are under `demo/` in `local`; each demo starts with an empty folder.

    Raises:
        PartError: a part failed to start or stopped by itself.
        ApiError: the app answers with an error.
    """
    start = time.monotonic()
    folder, out = local / "demo", local / "demo" / "out"
    chosen = samples.build(ROOT / "samples" / "build.py", local / "samples")
    console.print("Starting storage, F&O emulator and app ...")
    with lock_folder(folder) as lock:
        shutil.rmtree(folder)
        with start_stack(folder, lock, settings=SETTINGS) as stack, closing(AppApi(stack.app)) as api:
            check_app(api, stack.parts["host"])
            console.print(f"Started in {time.monotonic() - start:.1f} s. Dropping the samples into {LANDING}/")
            tour = Tour(chosen, api, lambda sample: drop(stack.storage, sample.path, sample.blob))
            found = follow(tour, stack, out, console)
    report(tour.rides, found, out, console)
    seconds = time.monotonic() - start
    console.print(f"\nEverything stopped after {seconds:.0f} s. Logs: {os.path.relpath(folder / 'logs')}")
    return not found.wrong


def follow(tour: Tour, stack: Stack, out: Path, console: Console) -> Findings:
    """Show the tour until it is over, copy each ride's files to `out`, and check all results."""
    found = Findings()
    with BlobServiceClient.from_connection_string(stack.storage) as service:
        with show_rides(console) as show:
            for _ in poll(tour, stack):
                gather(tour.rides, found, service, out)
                show(tour.rides)
        found.wrong += misplaced_files(tour, service)
    found.wrong += [f"{name} did not end" for name in tour.open_work()]
    if not tour.delivered:
        found.wrong.append("no export was delivered")
    found.wrong += export_mistakes(tour.rides, found.files, tour.samples)
    return found


def poll(tour: Tour, stack: Stack) -> Iterator[None]:
    """Update the tour every half second, until it is over or takes too long.

    Raises:
        PartError: a part has stopped.
        ApiError: all parts run, but the app answers with an error.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not tour.over and time.monotonic() < end:
        stack.check()
        tour.look()
        yield
        time.sleep(LOOK_SECONDS)


def gather(rides: list[Ride], found: Findings, service: BlobServiceClient, out: Path) -> None:
    """Fetch and check the files of the rides that have ended since the last call."""
    for ride in rides:
        if ride.ended is None or ride.label in found.files:
            continue
        try:
            found.files[ride.label] = fetch(service, ride.run or {}, out / ride.folder)
        except ResourceNotFoundError as error:
            found.files[ride.label] = {}
            found.wrong.append(f"{ride.label}: a file that it names does not exist ({error.reason})")
        found.wrong += [f"{ride.label}: {complaint}" for complaint in complaints(ride, found.files[ride.label])]


def misplaced_files(tour: Tour, service: BlobServiceClient) -> list[str]:
    """Return a sentence per file that is not in the archive exactly once, or is still in landing."""
    archived = Counter(PurePosixPath(name).name for name in names(service, ARCHIVE))
    times = {sample.path.name: archived[sample.path.name] for sample in tour.samples}
    wrong = [f"{name} is in {ARCHIVE} {count} times" for name, count in times.items() if count != 1]
    return wrong + [f"{name} is still in {LANDING}" for name in names(service, LANDING)]


def report(rides: list[Ride], found: Findings, out: Path, console: Console) -> None:
    """Print the table of results and every mistake."""
    table = Table(
        "File or export",
        Column("Outcome", no_wrap=True),
        "Rows",
        Column("Receipt, report or package", overflow="fold"),
        title="Results",
        caption=f"The files are in {os.path.relpath(out)}",
    )
    for ride in rides:
        files = found.files.get(ride.label, {})
        paths = [str(files[label].relative_to(out)) for label in ("receipt", "errors", "package") if label in files]
        table.add_row(ride.label, status_of(ride), rows(ride.run), "\n".join(paths))
    console.print(table)
    for wrong in found.wrong:
        console.print(f"[red]WRONG[/red] {escape(wrong)}", soft_wrap=True)
    if not found.wrong:
        meant = sum(bool(ride.expected and ride.expected.outcome in MEANT_TO_FAIL) for ride in rides)
        console.print(f"All samples ended as expected ({meant} {'is' if meant == 1 else 'are'} meant to fail).")
