"""`make demo`, from fresh state to the outcome table."""

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import requests
from azure.storage.blob import BlobServiceClient
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from local.app_api import AppApi
from local.demo import samples
from local.demo.outputs import fetch, names
from local.demo.show import rows, showing, standing
from local.demo.tour import Ride, Tour
from local.demo.verdict import complaints
from local.drop import LANDING, drop
from local.stack import ROOT, Stack, running

FOLDER = ROOT / ".local" / "demo"
OUT = FOLDER / "out"
ARCHIVE = "archive"
SETTINGS = {"EXPORT_SCHEDULE": "*/10 * * * * *"}
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 180.0  # three times what it takes on a slow machine


@dataclass
class Findings:
    """What the demo found: by ride its files, and by what they are about the things that are wrong."""

    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def demo(console: Console) -> bool:
    """Run the samples through the app and print what became of them; say whether all ended as their samples say.

    Raises:
        PartError: a part did not start or stopped by itself.
        requests.RequestException: the app does not answer as it should.
    """
    begun = time.monotonic()
    chosen = samples.build(ROOT / "samples" / "build.py", ROOT / ".local" / "samples")
    console.print("Starting storage, F&O emulator and app ...")
    with running(FOLDER, settings=SETTINGS, fresh=True) as stack, closing(AppApi(stack.app)) as api:
        console.print(f"Up after {time.monotonic() - begun:.1f} s; dropping the samples into landing/")
        tour = Tour(chosen, api, lambda sample: _drop(stack, sample))
        with BlobServiceClient.from_connection_string(stack.storage) as service:
            found = follow(tour, stack, service, console)
            found.wrong += misplaced(tour, service)
    found.wrong += [f"{name} did not come to its end" for name in tour.unfinished()]
    if not tour.delivered:
        found.wrong.append("no export was delivered")
    report(tour.rides, found, console)
    console.print(
        f"\nAll stopped after {time.monotonic() - begun:.0f} s. Logs: {(FOLDER / 'logs').relative_to(ROOT)}"
    )
    return not found.wrong


def follow(tour: Tour, stack: Stack, service: BlobServiceClient, console: Console) -> Findings:
    """Go on until the tour is over or takes too long, showing each ride, and fetch what each left when it ends."""
    found = Findings()
    end = time.monotonic() + PATIENCE_SECONDS
    with showing(console) as show:
        while not tour.over and time.monotonic() < end:
            try:
                tour.look()
            except requests.RequestException:
                stack.check()
                raise
            for ride in tour.rides:
                if ride.ended is not None and ride.label not in found.files:
                    files = fetch(service, ride.run or {}, OUT / ride.folder)
                    found.files[ride.label] = files
                    found.wrong += [f"{ride.label}: {complaint}" for complaint in complaints(ride, files)]
            show(tour.rides)
            time.sleep(LOOK_SECONDS)
    return found


def misplaced(tour: Tour, service: BlobServiceClient) -> list[str]:
    """Return what is wrong with where the files are: each must be in the archive once and nowhere else."""
    archived = Counter(PurePosixPath(name).name for name in names(service, ARCHIVE))
    times = {sample.path.name: archived[sample.path.name] for sample in tour.samples}
    wrong = [f"{name} is in {ARCHIVE} {count} times" for name, count in times.items() if count != 1]
    return wrong + [f"{name} is still in {LANDING}" for name in names(service, LANDING)]


def report(rides: list[Ride], found: Findings, console: Console) -> None:
    """Print the outcome table and what is wrong."""
    table = Table(
        "File or export",
        "Outcome",
        "Rows",
        Column("Receipt, report or package", overflow="fold"),
        title="What became of them",
        caption=f"The files lie under {OUT.relative_to(ROOT)}",
    )
    for ride in rides:
        files = found.files.get(ride.label, {})
        places = [
            str(files[label].relative_to(OUT)) for label in ("receipt", "errors", "package") if label in files
        ]
        table.add_row(ride.label, standing(ride), rows(ride.run), "\n".join(places))
    console.print(table)
    for wrong in found.wrong:
        console.print(f"[red]WRONG[/red] {escape(wrong)}", soft_wrap=True)
    if not found.wrong:
        console.print("Every run ended as its sample says.")


def _drop(stack: Stack, sample: samples.Sample) -> None:
    stack.check()
    drop(stack.storage, sample.path, sample.company)
