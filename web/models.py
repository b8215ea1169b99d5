"""The models of the HTTP API's requests and responses. The OpenAPI document is made from them."""

import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from landfall.config.types import Company, Name
from landfall.ledger.file_labels import FileLabel
from landfall.ledger.lists import RunFilter
from landfall.records import Outcome, PublicRun, Run, State

MAX_RUNS = 1000
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""A person's own words."""
FileName = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
"""The name of a file in storage."""


def _check_format(moment: object) -> object:
    """Raise ValueError for seconds since 1970, which pydantic accepts beside RFC 3339."""
    if not isinstance(moment, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt]", moment):
        raise ValueError("write it like 2026-03-01T06:00:00Z")
    return moment


Instant = Annotated[AwareDatetime, BeforeValidator(_check_format)]


class RequestModel(BaseModel):
    """Part of a request. Unknown fields are rejected, so a typo is an error instead of being ignored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, defer_build=True)


class ResponseModel(BaseModel):
    """Part of a response."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True, defer_build=True)


PageToken = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_=-]{1,1000}$")]


class Wanted(RequestModel):
    """Runs that match every field."""

    in_flight: bool | None = None
    """True for runs that have not ended, false for runs that have."""
    open_failure: bool | None = None
    """True for failures that nobody has dealt with, false for all other runs."""
    state: State | None = None
    outcome: Outcome | None = None
    kind: Literal["import", "export"] | None = None
    route: Name | None = None
    export: Name | None = None
    company: Company | None = None
    data_project: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """The name of its lane: `Customers`, or `emea: Customers` if the environment has a name."""
    file: FileName | None = None
    """The full name of a file in `landing`."""
    since: Instant | None = None
    """Runs claimed at this moment or later."""
    until: Instant | None = None
    """Runs claimed before this moment."""

    def filter(self) -> RunFilter:
        """These fields as the ledger takes them."""
        return RunFilter(**{each.name: getattr(self, each.name) for each in fields(RunFilter)})


class RunsQuery(Wanted):
    """Which runs to list: those that match every parameter."""

    limit: Annotated[int, Field(ge=1, le=MAX_RUNS)] = 100
    """How many runs at most. A page may be shorter without being the last."""
    next: PageToken | None = None
    """The `next` of the page before."""


@dataclass(frozen=True)
class Moment:
    """When a run reached a state."""

    state: str
    at: datetime


@dataclass(frozen=True)
class Totals:
    """The rows of all entities of a run."""

    staged: int = 0
    created: int = 0
    updated: int = 0
    failed: int = 0


@dataclass(frozen=True)
class RunView(PublicRun):
    """A run: its state, its outcome, and links to more."""

    timeline: tuple[Moment, ...] = ()
    """When it reached each state, in order."""
    counts: Totals = field(default_factory=Totals)
    open_failure: bool = False
    """Whether it is a failure that nobody has dealt with."""
    links: dict[str, str] = field(default_factory=dict)
    """The paths of its files and actions; `fno` is the execution's page in F&O."""


class RunList(ResponseModel):
    """Runs, the newest first."""

    runs: tuple[RunView, ...]
    next: str | None = None
    """The token of the next page, if there may be one."""


class AttemptRequest(RequestModel):
    """How to run a run again."""

    reason: Text | None = None
    force: bool = False
    """Run it again although it succeeded. This needs a `reason`, which Landfall records."""
    take_over: bool = False
    """Resume the last attempt's execution when it is unknown what F&O did with it. Landfall asks F&O for its id,
    watches it if F&O has it, and otherwise sends it once more under the same id."""


class Reason(RequestModel):
    """Why somebody takes an action."""

    reason: Text | None = None


class DealtRequest(RequestModel):
    """Why a failure needs nobody any more."""

    reason: Text


class Resolution(RequestModel):
    """What a person has found out about a run that needs attention."""

    resolution: Literal["it ran", "it did not"]
    reason: Text | None = None


class ImportRequest(RequestModel):
    """Which file in `landing` to import."""

    name: Annotated[FileName, StringConstraints(pattern=r"^[^/\\\x00-\x1f\x7f]+(/[^/\\\x00-\x1f\x7f]+)*$")]
    """Its name in `landing`, like `packages/USMF/customers.zip`."""

    @field_validator("name")
    @classmethod
    def _check_segments(cls, name: str) -> str:
        if {".", ".."} & set(name.split("/")):
            raise ValueError("a name in landing has no segment . or ..")
        return name


def view(run: Run) -> RunView:
    """A run as the API shows it."""
    moments = sorted(run.times.items(), key=lambda moment: moment[1])
    return RunView(
        **{each.name: getattr(run, each.name) for each in fields(PublicRun)},
        timeline=tuple(Moment(state, at) for state, at in moments),
        counts=Totals(*(sum(getattr(each, count.name) for each in run.entities) for count in fields(Totals))),
        open_failure=run.is_open_failure,
        links=_links(run),
    )


def _links(run: Run) -> dict[str, str]:
    own = f"/api/runs/{run.run_id}"
    stored: list[str] = [name for name in (FileLabel.RECEIPT, FileLabel.ERRORS, FileLabel.REPAIR) if name in run.files]
    actions = ["attempts", "cancel", "resolution", "dealt-with", *(["repairs"] if run.kind == "import" else [])]
    paths = {name: f"{own}/{name}" for name in stored + actions}
    return {"self": own, **paths, **({"fno": run.execution_page} if run.execution_page else {})}
