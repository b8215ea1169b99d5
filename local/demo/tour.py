"""The samples on their way through the app: what is due next, where each run stands, when all is over."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from landfall.cli.app_api import Run
from local.demo.samples import Attempt, Sample

EXECUTED = {"Succeeded", "NoRows"}
"""Ends of an export that F&O has run."""


class Api(Protocol):
    """What a tour asks of the app; landfall.cli.app_api.AppApi has it."""

    def runs(self) -> list[Run]:
        """Return every run, the newest first."""

    def rerun(self, run_id: str) -> Run:
        """Ask for one more attempt of a run that has ended."""


@dataclass
class Ride:
    """One attempt of a sample, or one run of an export (`sample` is None); times are seconds on the tour's clock."""

    label: str
    begun: float
    sample: Sample | None = None
    number: int = 1
    run: Run | None = None
    ended: float | None = None

    @property
    def folder(self) -> str:
        """A name for the folder that takes what this attempt leaves."""
        return re.sub(r"[^\w-]+", "-", self.label.replace(".zip", ""))

    @property
    def expected(self) -> Attempt | None:
        """How the sample says this attempt must end."""
        return self.sample.attempts[self.number - 1] if self.sample else None

    @property
    def as_expected(self) -> bool:
        """Whether the outcome is the right one.

        An export that finds nothing new is as good as one with rows, and as one that left its rows to the next slot.
        """
        outcome = self.run["outcome"] if self.run else None
        return outcome == self.expected.outcome if self.expected else outcome in {*EXECUTED, "Superseded"}

    def is_of(self, run: Run) -> bool:
        """Say whether `run` is what this ride follows."""
        if self.sample is None:
            return self.run is not None and bool(run["run_id"] == self.run["run_id"])
        if run["kind"] != "import":
            return False
        return bool(run["source"]["name"] == self.sample.blob and run["attempt"] == self.number)


@dataclass
class Tour:
    """Drops each sample when it is due, asks for reruns, and follows every run; `look` is one turn of it."""

    samples: Sequence[Sample]
    api: Api
    drop: Callable[[Sample], object]
    clock: Callable[[], float] = time.monotonic
    rides: list[Ride] = field(default_factory=list)

    def look(self) -> None:
        """Begin what is due, then note where every run stands."""
        for sample in self.samples:
            self._begin(sample)
        runs = self.api.runs()
        for run in reversed(runs):
            if run["kind"] == "export" and not any(ride.is_of(run) for ride in self.rides):
                self.rides.append(Ride(_export_label(run), self.clock(), run=run))
        for ride in self.rides:
            if ride.ended is None:
                ride.run = next((run for run in runs if ride.is_of(run)), ride.run)
                if ride.run and ride.run["state"] == "Done":
                    ride.ended = self.clock()

    @property
    def over(self) -> bool:
        """Whether every sample went as far as it goes, its changes were exported or an export failed, and nothing runs."""
        ended = [ride for ride in self.rides if ride.sample is None and ride.ended is not None]
        failed = any(not ride.as_expected for ride in ended)
        return (failed or (self.delivered and self._exported(ended))) and not self.unfinished()

    @property
    def delivered(self) -> bool:
        """Whether an export with rows has arrived."""
        return any(
            ride.sample is None and ride.run and ride.run["outcome"] == "Succeeded" for ride in self.rides
        )

    def _exported(self, ended: list[Ride]) -> bool:
        """Whether F&O has run an export of a slot after all that samples had changed by then."""
        changed = [
            ride.run["times"]["Done"]
            for ride in self.rides
            if ride.expected and ride.expected.exported and ride.run and ride.ended is not None
        ]
        executed = [
            ride.run["times"]["Slot"] for ride in ended if ride.run and ride.run["outcome"] in EXECUTED
        ]
        return not changed or max(executed, default="") > max(changed)

    def unfinished(self) -> list[str]:
        """Name what still runs or has not begun."""
        running = [ride.label for ride in self.rides if ride.ended is None]
        waiting = [sample.path.name for sample in self.samples if self._next(sample)]
        return running + [name for name in waiting if name not in running]

    def _next(self, sample: Sample) -> Attempt | None:
        """Return the attempt to begin when its time has come; none follows one that ended otherwise than it should."""
        done = self._rides(sample)
        if len(done) == len(sample.attempts) or any(
            ride.ended is not None and not ride.as_expected for ride in done
        ):
            return None
        return sample.attempts[len(done)]

    def _begin(self, sample: Sample) -> None:
        attempt, before = self._next(sample), self._rides(sample)
        if (
            attempt is None
            or any(ride.ended is None for ride in before)
            or not self._has_ended(attempt.after)
            or (attempt.after_export and not self.delivered)
        ):
            return
        ride = Ride(sample.path.name, self.clock(), sample, len(before) + 1)
        if before and before[-1].run:
            ride.label += f", attempt {ride.number}"
            ride.run = self.api.rerun(before[-1].run["run_id"])
        else:
            self.drop(sample)
        self.rides.append(ride)

    def _rides(self, sample: Sample) -> list[Ride]:
        return [ride for ride in self.rides if ride.sample == sample]

    def _has_ended(self, name: str | None) -> bool:
        ended = {ride.sample.name for ride in self.rides if ride.sample and ride.ended is not None}
        return name is None or name in ended


def _export_label(run: Run) -> str:
    return f"{run['export']} {run['company']} {run['times']['Slot'][11:19]}"
