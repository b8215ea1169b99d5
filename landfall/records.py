"""What is known about a run, as frozen records, and the ids made from it: pure data, no I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

Record = TypeVar("Record")
MAX_LOOKS = 60


class State(StrEnum):
    """Where a run stands. Every run ends in `DONE`; its outcome says how."""

    CLAIMED = "Claimed"
    INTAKE = "Intake"
    WAITING = "Waiting"
    SUBMITTING = "Submitting"
    RUNNING = "Running"
    COLLECTING = "Collecting"
    ARCHIVING = "Archiving"
    DONE = "Done"


LANDED, SLOT = "Landed", "Slot"
"""In `Run.times`, beside the states: when the import's file landed, and which moment the export is for."""


class Outcome(StrEnum):
    """How a run ended: the first four are F&O's words, the others ours."""

    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    FAILED = "Failed"
    CANCELED = "Canceled"
    NO_ROWS = "NoRows"
    """An export with nothing to bring."""
    REJECTED = "Rejected"
    """We refused the file; F&O never saw it."""
    SUPERSEDED = "Superseded"
    """A newer version of the blob replaced it before submission."""
    NEEDS_ATTENTION = "NeedsAttention"
    """Nobody can know what happened without looking: a person must."""


@dataclass(frozen=True)
class Source:
    """The file of an import as it lies in storage.

    `etag` is the one that landed and names the version for good; `container` and `name` say where the file lay
    then. `size` is in bytes, `sha256` in hex; both are unknown (None) until intake has read the file.
    """

    container: str
    name: str
    etag: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class EntityCounts:
    """What became of one entity's rows; `failed` ones were staged and did not reach the target."""

    entity: str
    staged: int
    created: int
    updated: int
    failed: int
    size: int | None = None
    """Bytes of its data file, where one was delivered."""


@dataclass(frozen=True)
class Demand:
    """What a person asked an export for; `request` is the hash of the request's Idempotency-Key.

    `full` resets the change-tracking tokens first, so that everything comes; `preview` is how many rows at most, of a
    package that is looked at and not delivered (0: all of them).
    """

    request: str
    full: bool = False
    preview: int | None = None


@dataclass(frozen=True)
class Submission:
    """How often we asked F&O to start the execution, when last, and whether it has said that it has it.

    That decides whether we may ask again.
    """

    calls: int = 0
    last_call: datetime | None = None
    accepted: bool = False


@dataclass(frozen=True)
class Action:
    """What somebody did about a run, at which attempt; `why` in their own words."""

    at: datetime
    who: str
    what: str
    why: str | None = None
    attempt: int = 1


@dataclass(frozen=True)
class Finding:
    """How a run ended, as the orchestration hands it to archiving."""

    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True)
class PublicRun:
    """What receipts, notices and the HTTP API show of a run."""

    run_id: str
    kind: Literal["import", "export"]
    state: State
    route: str | None = None
    export: str | None = None
    demand: Demand | None = None
    """Of an export that no schedule asked for."""
    source: Source | None = None
    company: str | None = None
    data_project: str | None = None
    environment: str = ""
    """The F&O environment, by its name in landfall.yaml; empty for the one that the FNO_* settings describe."""
    attempt: int = 1
    execution_id: str | None = None
    execution_page: str | None = None
    """Where a person sees the execution in F&O's web client; known at the end."""
    outcome: Outcome | None = None
    reason: str | None = None
    entities: tuple[EntityCounts, ...] = ()
    times: dict[str, datetime] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    parts: tuple[Source, ...] = ()
    """The files that became one package, when `source` is the marker that said that all were there."""
    changes: tuple[str, ...] = ()
    """What was changed about raw files before they were sent, in words."""
    repairs: str | None = None
    """The run whose refused rows this file brings again."""
    history: tuple[Action, ...] = ()
    """What people did about it, the oldest first."""


@dataclass(frozen=True)
class Run(PublicRun):
    """A ledger row: one version of one landed file, or one export slot and company, carried to its end."""

    submission: Submission = field(default_factory=Submission)
    request_keys: dict[str, int | str] = field(default_factory=dict)
    """Idempotency key of a request -> the attempt it made, or the run."""
    restarts: int = 0
    """How often this attempt was started again because its orchestration had ended without settling it."""
    looks: tuple[datetime, ...] = ()
    """When F&O was asked where this attempt's execution stands; of many every other one is kept."""

    unwanted: Action | None = None
    """Who wants this attempt to be waited for no longer: it ends before F&O is asked, or needs a person's attention."""
    ending: Finding | None = None
    """The end that is being carried out: where two are found at once, the first to be written here counts."""

    @property
    def lane(self) -> str:
        """The lane that the run goes in; empty before its data project is known."""
        return lane(self.data_project, self.environment) if self.data_project else ""

    @property
    def instance_id(self) -> str:
        """The durable orchestration that carries this attempt; the first attempt's is the run's own id."""
        return self.run_id if self.attempt == 1 else f"{self.run_id}.{self.attempt}"


@dataclass(frozen=True)
class Step:
    """What every step of a run gets: which run, and which attempt of it."""

    run_id: str
    attempt: int = 1


@dataclass(frozen=True)
class ComeBack:
    """A step's answer when F&O is busy or away: nothing was done, ask again in so many seconds."""

    come_back_seconds: float


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def to_json(record: object) -> dict[str, Any]:
    """Any record as plain JSON data: what travels through durable history and HTTP."""
    data: dict[str, Any] = _adapter(type(record)).dump_python(record, mode="json")
    return data


def shown(run: Run) -> dict[str, Any]:
    """A run as receipts, notices and the HTTP API show it."""
    data: dict[str, Any] = _adapter(PublicRun).dump_python(run, mode="json")
    return data


def from_json(kind: type[Record], data: Any) -> Record:
    """Rebuild a record from `to_json`'s data; raises pydantic.ValidationError on data of another shape."""
    record: Record = _adapter(kind).validate_python(data)
    return record


def looked(run: Run, now: datetime) -> Run:
    """The run with a further look noted: an execution of days keeps a row no longer than one of minutes."""
    looks = (*run.looks, now)
    return replace(run, looks=looks if len(looks) <= MAX_LOOKS else looks[::2])


def began(run: Run) -> datetime | None:
    """When this attempt began: the first with its file or slot, a later one with its own intake or turn.

    None between the request for a later attempt and its first step: the ledger keeps no time for that.
    """
    if run.attempt == 1:
        return run.times.get(LANDED) or run.times.get(SLOT) or run.times.get(State.CLAIMED)
    own = [at for state, at in run.times.items() if state not in {LANDED, SLOT, State.CLAIMED}]
    return min(own, default=None)


def lane(data_project: str, environment: str = "") -> str:
    """What may run only once at a time: the data project of an environment, whose name F&O compares without case."""
    return f"{environment}: {data_project.strip()}".removeprefix(": ").strip().casefold()


def utc_now() -> datetime:
    """The present moment; orchestrators use their context's clock instead."""
    return datetime.now(UTC)
