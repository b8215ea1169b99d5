"""Runs: what the ledger stores, and what steps are told of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from landfall.records.values import (
    FAILURES,
    Action,
    Dealt,
    Demand,
    EntityCounts,
    Finding,
    Outcome,
    Source,
    State,
    Submission,
    Terms,
    Watcher,
)


@dataclass(frozen=True)
class PublicRun:
    """A run as receipts, notices and the HTTP API show it."""

    run_id: str
    kind: Literal["import", "export"]
    state: State
    route: str | None = None
    export: str | None = None
    demand: Demand | None = None
    """The request, for an export run outside the schedule."""
    source: Source | None = None
    company: str | None = None
    data_project: str | None = None
    environment: str = ""
    """The F&O environment's name in landfall.yaml; empty for the one that the FNO_* settings describe."""
    attempt: int = 1
    execution_id: str | None = None
    execution_page: str | None = None
    """The execution's page in F&O's web client; set when the run ends."""
    outcome: Outcome | None = None
    reason: str | None = None
    entities: tuple[EntityCounts, ...] = ()
    times: dict[str, datetime] = field(default_factory=dict)
    """When the run reached each state; also LANDED or SLOT."""
    files: dict[str, str] = field(default_factory=dict)
    """`container/name` of the run's files, by the labels of landfall.ledger.file_labels."""
    parts: tuple[Source, ...] = ()
    """The files that became one package; `source` is then their marker."""
    changes: tuple[str, ...] = ()
    """What Landfall changed in raw files before sending them, in words."""
    repairs: str | None = None
    """The run whose rejected rows this file corrects."""
    repaired_by: tuple[str, ...] = ()
    """The runs of files that correct this run's rejected rows, the oldest first."""
    dealt_with: Dealt | None = None
    """Why this failure needs nobody any more; None while it is open, and for a run that is no failure."""
    history: tuple[Action, ...] = ()
    """What people did about the run, the oldest first."""
    same_as: str | None = None
    """The run whose content this file has, where the file was skipped for that."""
    left_behind: str | None = None
    """Why a file is not where it belongs at the run's end: storage refused to move it."""

    @property
    def is_open_failure(self) -> bool:
        """Whether the run ended in a way that somebody still has to deal with."""
        return self.outcome in FAILURES and self.dealt_with is None


@dataclass(frozen=True)
class Run(PublicRun):
    """A row of the ledger: one version of one landed file, or one export slot and company."""

    terms: Terms | None = None
    """None before the run's route is known, and for runs of releases that kept none."""
    submission: Submission = field(default_factory=Submission)
    request_keys: dict[str, int | str] = field(default_factory=dict)
    """The attempt or the run that each request made, by the request's Idempotency-Key."""
    request_bodies: dict[str, str] = field(default_factory=dict)
    """The hash of each request's body, by the same key; releases before kept none."""
    restarts: int = 0
    """How often the sweeper restarted this attempt, since it last got further, after its orchestration had died."""
    reached: int = 0  # states that this attempt had reached when the sweeper last restarted it
    reads: int = 0  # how often intake began to read the file in this attempt and was killed meanwhile
    looks: tuple[datetime, ...] = ()
    """When Landfall asked F&O for this execution's status; of many looks, every other one is kept."""
    watcher: Watcher | None = None
    """What a hint may wake for the next look; None once one has."""
    unwanted: Action | None = None
    """Who asked to stop waiting for this attempt: it ends before F&O is asked, or needs attention."""
    ending: Finding | None = None
    """The end that is being carried out. The first finding written here wins."""
    spares_file: bool = False  # at its end, because the run `same_as` is under way and moves the file

    @property
    def lane(self) -> str:
        """The run's lane; empty until its data project is known."""
        return lane_of(self.data_project, self.environment) if self.data_project else ""

    @property
    def instance_id(self) -> str:
        """The id of the durable orchestration of this attempt; the first attempt's is the run's own id."""
        return self.run_id if self.attempt == 1 else f"{self.run_id}.{self.attempt}"


@dataclass(frozen=True)
class Step:
    """The input of most activities: a run, and the attempt that the activity works for."""

    run_id: str
    attempt: int = 1


@dataclass(frozen=True)
class ComeBack:
    """An activity's answer when it did nothing because F&O is busy or away: try again in so many seconds.

    `closed` is the environment's name if its circuit is open: then it is worth trying again when that has closed.
    """

    come_back_seconds: float
    closed: str | None = None


def lane_of(data_project: str, environment: str = "") -> str:
    """The lane of an environment's data project. It ignores case and outer spaces, as F&O does in project names."""
    return f"{environment}: {data_project.strip()}".removeprefix(": ").strip().casefold()


def utc_now() -> datetime:
    """The present moment; orchestrators use their context's clock instead."""
    return datetime.now(UTC)
