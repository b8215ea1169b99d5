"""What the HTTP API takes and gives, as models: the OpenAPI document is made of them."""

import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from landfall.config.types import Company, Name
from landfall.file_labels import FileLabel
from landfall.ledger.lists import RunFilter
from landfall.records import Outcome, PublicRun, Run, State

MAX_RUNS = 1000
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""Somebody's own words."""
FileName = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
"""The name of a file in storage."""


def _written(moment: str) -> str:
    """RFC 3339, and no seconds since 1970, which pydantic would take too."""
    if not re.match(r"\d{4}-\d\d-\d\d[Tt]", moment):
        raise ValueError("write it like 2026-03-01T06:00:00Z")
    return moment


Instant = Annotated[AwareDatetime, BeforeValidator(_written)]


class Taken(BaseModel):
    """What the API takes holds nothing that it does not know: a misspelt name is a mistake, not a wish unheard."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, defer_build=True)


class Given(BaseModel):
    """What the API gives."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True, defer_build=True)


class RunsQuery(Taken):
    """Which runs a list shows: those that agree with all that is said."""

    limit: Annotated[int, Field(ge=1, le=MAX_RUNS)] = 100
    """How many at most; a page may be shorter and not the last."""
    next: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_=-]{1,1000}$")] | None = None
    """What an earlier page brought as `next`."""
    in_flight: bool | None = None
    """Those that have not ended, or those that have."""
    state: State | None = None
    outcome: Outcome | None = None
    kind: Literal["import", "export"] | None = None
    route: Name | None = None
    export: Name | None = None
    company: Company | None = None
    data_project: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """As its lane is named: `Customers`, or `emea: Customers` where the environment has a name."""
    file: FileName | None = None
    """The whole name of a file as it was dropped into `landing`."""
    since: Instant | None = None
    """Those claimed at this moment or later."""
    until: Instant | None = None
    """Those claimed before this moment."""

    def filter(self) -> RunFilter:
        """The same for the ledger."""
        return RunFilter(**self.model_dump(exclude={"limit", "next"}))


@dataclass(frozen=True)
class Moment:
    """When a run came to a state."""

    state: str
    at: datetime


@dataclass(frozen=True)
class Totals:
    """Rows of all entities of a run together."""

    staged: int = 0
    created: int = 0
    updated: int = 0
    failed: int = 0


@dataclass(frozen=True)
class RunView(PublicRun):
    """A run: where it stands, what became of it, and where to read on."""

    timeline: tuple[Moment, ...] = ()
    """When it came to each state, in that order."""
    counts: Totals = field(default_factory=Totals)
    links: dict[str, str] = field(default_factory=dict)
    """Paths of what there is to read and to do about this run; `fno` is the execution's page in F&O."""


class RunList(Given):
    """Runs, the newest first."""

    runs: tuple[RunView, ...]
    next: str | None = None
    """Brings the next page, where there may be one."""


class AttemptRequest(Taken):
    """How to run a run again."""

    reason: Text | None = None
    force: bool = False
    """Run it again although it succeeded; then `reason` must say why, which is recorded."""
    take_over: bool = False
    """Take up the last attempt's execution where nobody knows what F&O did with it: it is asked for by its id, watched
    if F&O has it, and sent once more under the same id if F&O does not."""


class Reason(Taken):
    """Why somebody does something."""

    reason: Text | None = None


class Resolution(Taken):
    """What a person has found out about a run that needed attention."""

    resolution: Literal["it ran", "it did not"]
    reason: Text | None = None


class ImportRequest(Taken):
    """Which landed file is to be imported."""

    name: Annotated[FileName, StringConstraints(pattern=r"^[^/\\\x00-\x1f\x7f]+(/[^/\\\x00-\x1f\x7f]+)*$")]
    """Its name in `landing`, like `packages/USMF/customers.zip`."""

    @field_validator("name")
    @classmethod
    def _lies_in_landing(cls, name: str) -> str:
        if {".", ".."} & set(name.split("/")):
            raise ValueError("a name in landing has no segments . and ..")
        return name


def view(run: Run) -> RunView:
    """A run as the API shows it."""
    moments = sorted(run.times.items(), key=lambda moment: moment[1])
    return RunView(
        **{each.name: getattr(run, each.name) for each in fields(PublicRun)},
        timeline=tuple(Moment(state, at) for state, at in moments),
        counts=Totals(*(sum(getattr(each, count.name) for each in run.entities) for count in fields(Totals))),
        links=_links(run),
    )


def _links(run: Run) -> dict[str, str]:
    own = f"/api/runs/{run.run_id}"
    stored: list[str] = [
        name for name in (FileLabel.RECEIPT, FileLabel.ERRORS, FileLabel.REPAIR) if name in run.files
    ]
    actions = ["attempts", "cancel", "resolution", *(["repairs"] if run.kind == "import" else [])]
    paths = {name: f"{own}/{name}" for name in stored + actions}
    return {"self": own, **paths, **({"fno": run.execution_page} if run.execution_page else {})}
