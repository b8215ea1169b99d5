"""Takes the samples through the app: starts each attempt when it is due and follows every run to its end."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from landfall.cli.app_api import Run
from local.demo.samples import Attempt, Sample

EXECUTED = {"Succeeded", "NoRows"}
"""Outcomes of an export that F&O has run."""


class Api(Protocol):
    """The calls that a tour makes, as landfall.cli.app_api.AppApi has them."""

    def runs(self) -> list[Run]:
        """Return all runs, the newest first."""

    def rerun(self, run_id: str) -> Run:
        """Start another attempt of a run that has ended."""


@dataclass
class Ride:
    """One attempt of a sample, or one run of an export (`sample` is None); times are seconds on the tour's clock."""

    label: str
    started: float
    sample: Sample | None = None
    number: int = 1
    run: Run | None = None
    ended: float | None = None

    @property
    def folder(self) -> str:
        """The name of the folder for this attempt's files."""
        return re.sub(r"[^\w-]+", "-", self.label.replace(".zip", ""))

    @property
    def expected(self) -> Attempt | None:
        """The result that the sample expects of this attempt; None for an export."""
        return self.sample.attempts[self.number - 1] if self.sample else None

    @property
    def as_expected(self) -> bool:
        """Whether the run has the expected outcome.

        An export may also find no new rows, or leave its rows to the next slot.
        """
        outcome = self.run["outcome"] if self.run else None
        return outcome == self.expected.outcome if self.expected else outcome in {*EXECUTED, "Superseded"}

    def is_of(self, run: Run) -> bool:
        """Whether this ride follows `run`."""
        if self.sample is None:
            return self.run is not None and bool(run["run_id"] == self.run["run_id"])
        if run["kind"] != "import":
            return False
        return bool(run["source"]["name"] == self.sample.blob and run["attempt"] == self.number)


@dataclass
class Tour:
    """Drops each sample when it is due, starts reruns, and follows all runs; call `look` repeatedly."""

    samples: Sequence[Sample]
    api: Api
    drop: Callable[[Sample], object]
    clock: Callable[[], float] = time.monotonic
    rides: list[Ride] = field(default_factory=list)

    def look(self) -> None:
        """Start the attempts that are due, then read the state of every run."""
        for sample in self.samples:
            self._start(sample)
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
        """Whether nothing runs or waits, and the changes of all samples were exported or an export failed."""
        ended = [ride for ride in self.rides if ride.sample is None and ride.ended is not None]
        failed = any(not ride.as_expected for ride in ended)
        return (failed or (self.delivered and self._exported_all(ended))) and not self.open_work()

    @property
    def delivered(self) -> bool:
        """Whether an export with rows was delivered."""
        return any(ride.sample is None and ride.run and ride.run["outcome"] == "Succeeded" for ride in self.rides)

    def _exported_all(self, ended: list[Ride]) -> bool:
        """Whether F&O has run an export for a slot after the last change that a sample made."""
        changed = [
            ride.run["times"]["Done"]
            for ride in self.rides
            if ride.expected and ride.expected.exported and ride.run and ride.ended is not None
        ]
        executed = [ride.run["times"]["Slot"] for ride in ended if ride.run and ride.run["outcome"] in EXECUTED]
        return not changed or max(executed, default="") > max(changed)

    def open_work(self) -> list[str]:
        """Return the names of all rides that still run and all samples that wait for their next attempt."""
        running = [ride.label for ride in self.rides if ride.ended is None]
        waiting = [sample.path.name for sample in self.samples if self._next(sample)]
        return running + [name for name in waiting if name not in running]

    def _next(self, sample: Sample) -> Attempt | None:
        """Return the sample's next attempt; None after the last one, or after one with an unexpected outcome."""
        done = self._rides(sample)
        if len(done) == len(sample.attempts) or any(ride.ended is not None and not ride.as_expected for ride in done):
            return None
        return sample.attempts[len(done)]

    def _start(self, sample: Sample) -> None:
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
