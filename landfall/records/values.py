"""What runs are made of: states, outcomes, sources, counts, what was asked and what was found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class State(StrEnum):
    """The state of a run. Every run ends in `DONE`, and its outcome says how."""

    CLAIMED = "Claimed"
    INTAKE = "Intake"
    WAITING = "Waiting"
    SUBMITTING = "Submitting"
    RUNNING = "Running"
    COLLECTING = "Collecting"
    ARCHIVING = "Archiving"
    DONE = "Done"


LANDED, SLOT = "Landed", "Slot"
"""In `Run.times`, beside the states: when an import's file landed, and which moment an export is for."""


class Outcome(StrEnum):
    """How a run ended. F&O reports the first four, Landfall decides the others."""

    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    FAILED = "Failed"
    CANCELED = "Canceled"
    NO_ROWS = "NoRows"
    """An export found no rows."""
    REJECTED = "Rejected"
    """Landfall refused the file, and F&O never saw it."""
    SUPERSEDED = "Superseded"
    """A newer version of the file, or a later slot, replaced it before submission."""
    NEEDS_ATTENTION = "NeedsAttention"
    """Landfall cannot know what happened: a person must look."""


FAILURES = frozenset({Outcome.FAILED, Outcome.PARTIALLY_SUCCEEDED, Outcome.REJECTED, Outcome.NEEDS_ATTENTION})
"""The outcomes that somebody has to deal with. A person decided on Canceled, so it is none."""


@dataclass(frozen=True)
class Source:
    """A landed file.

    `etag` is the ETag with which the file landed, and identifies the version for good. `container` and `name` are
    where it landed. `size` (bytes) and `sha256` (hex) are None until intake has read the file.
    """

    container: str
    name: str
    etag: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class EntityCounts:
    """Row counts of one entity. `failed` rows did not reach the target."""

    entity: str
    staged: int
    created: int
    updated: int
    failed: int
    size: int | None = None
    """Size in bytes of the entity's delivered data file; only exports have it."""


@dataclass(frozen=True)
class Demand:
    """A person's request for an export run; `request` is the hash of its Idempotency-Key.

    `full` resets the change-tracking tokens first, so that F&O exports everything. `preview` makes a package of at
    most so many rows per entity (0: all of them) that is not delivered.
    """

    request: str
    full: bool = False
    preview: int | None = None


@dataclass(frozen=True)
class Submission:
    """How often F&O was asked to start the execution, when last, and whether it confirmed: may it be asked again?"""

    calls: int = 0
    last_call: datetime | None = None
    accepted: bool = False


@dataclass(frozen=True)
class Watcher:
    """The orchestration that waits for its next look at an execution, and the event that ends its wait."""

    instance: str
    event: str


@dataclass(frozen=True)
class Terms:
    """What landfall.yaml said about a run when its `attempt` began; a change of the file does not touch it."""

    attempt: int = 1
    deadline_hours: float = 24
    execute: bool = True
    overwrite: bool = True
    order: Literal["landing", "strict"] = "landing"
    on_failure: Literal["continue", "hold"] = "continue"
    after: tuple[str, ...] = ()
    after_wait_hours: float = 24
    on_wait: Literal["hold", "go"] = "hold"
    companies: tuple[str, ...] = ()  # only of an export that has several
    refresh: Literal["incremental", "full"] = "incremental"
    missed: Literal["last", "skip"] = "last"
    target: str = ""
    unpack: Literal["never", "besides", "instead"] = "never"
    no_rows: Literal["skip", "deliver"] = "skip"


@dataclass(frozen=True)
class Action:
    """What a person did about a run, and about which attempt; `why` is their own words."""

    at: datetime
    who: str
    what: str
    why: str | None = None
    attempt: int = 1


@dataclass(frozen=True)
class Dealt:
    """Why a failure needs nobody any more: a repair has its rows (`run_id`), or a person (`who`) says why."""

    at: datetime
    who: str | None = None
    why: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class Finding:
    """How a run ended and why, as the orchestration passes it to archiving."""

    outcome: Outcome
    reason: str | None = None


UNNAMED = "fno"
"""What the environment that has no name in landfall.yaml is called in keys, paths and lists."""


@dataclass(frozen=True)
class Closure:
    """An environment to which no run may go, why and since when; routes and exports that are `excepted` may.

    A person may hold it (`held_by`), and a freeze lasts `until` a moment; with neither, it is an outage.
    """

    environment: str
    reason: str
    since: datetime
    held_by: str = ""
    until: datetime | None = None
    excepted: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The closure as a sentence, for runs that wait and for pages."""
        if self.until:
            return f"Frozen until {self.until:%Y-%m-%d %H:%M} UTC: {self.reason}"
        who = f"{self.held_by} has let nothing go to F&O" if self.held_by else "F&O has let nothing in"
        return f"{who} since {self.since:%Y-%m-%d %H:%M} UTC: {self.reason}"
