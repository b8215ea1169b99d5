"""F&O's own names, and the requests and results of its API in Landfall's terms. No other module uses F&O's names."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

EXECUTION_UNKNOWN = "Execution details were not found"
"""The start of F&O's message about an execution that it does not know, or not yet (fno-behaviour 2.4)."""
OVERLAPS = (
    "BOX API can't be used from non-interactive sessions",
    "Deadlock, where one or more users have simultaneously locked",
    "The record already exists",
    "The record has never been selected",
)
"""Parts of F&O's messages when calls or executions get in each other's way (fno-behaviour 5.9)."""
Body = dict[str, str | bool | int]
"""An action's parameters by name. The parameters of every import and every export follow (fno-behaviour 1.1)."""
IMPORTING = ("packageUrl", "definitionGroupId", "executionId", "execute", "overwrite", "legalEntityId")
EXPORTING = ("definitionGroupId", "packageName", "executionId", "reExecute", "legalEntityId")
ENTITIES = "entityList"
PREVIEW_COUNTS = ("exportPreviewCount", "count")
"""The name that environments declare, and the documented one (fno-behaviour 1.16)."""


class ExecutionStatus(StrEnum):
    """DMFExecutionSummaryStatus, by member name."""

    UNKNOWN = "Unknown"
    """Not decided yet, as right after the start; also any status of a later release."""
    NOT_RUN = "NotRun"
    """Queued for a batch."""
    EXECUTING = "Executing"
    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    """Some records or entities failed."""
    FAILED = "Failed"
    CANCELED = "Canceled"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.UNKNOWN if isinstance(value, str) else None

    @property
    def is_final(self) -> bool:
        """Whether the execution has ended."""
        return self not in {ExecutionStatus.UNKNOWN, ExecutionStatus.NOT_RUN, ExecutionStatus.EXECUTING}


class MessageStatus(StrEnum):
    """IntegrationActivityMessageStatus: the status of a file in a recurring job's queue (fno-behaviour 5.12)."""

    UNKNOWN = "Unknown"
    """A status that Landfall does not know."""
    ENQUEUED = "Enqueued"
    DEQUEUED = "Dequeued"
    DOWNLOADED = "Downloaded"
    ACKED = "Acked"
    PREPROCESSING = "PreProcessing"
    PROCESSING = "Processing"
    PROCESSED = "Processed"
    PROCESSED_WITH_ERRORS = "ProcessedWithErrors"
    PREPROCESSING_ERROR = "PreProcessingError"
    POSTPROCESSING_ERROR = "PostProcessingError"

    @classmethod
    def _missing_(cls, value: object) -> Self:
        """Accept any case, and the documented name of the last status."""
        name = str(value).lower().replace("postprocessingfailed", "postprocessingerror")
        return next((each for each in cls if each.lower() == name), cls.UNKNOWN)


@dataclass(frozen=True)
class WriteUrl:
    """Where to put a package. `url` carries a SAS, so it must not be stored or logged."""

    blob_id: str
    url: str


@dataclass(frozen=True)
class ImportRequest:
    """The parameters of ImportFromPackage and its variants.

    `overwrite` replaces the data project's definition, not its records. Only some variants take `fail_on_error` and
    `batch_group`, whose effect is documented nowhere.
    """

    package_url: str
    data_project: str
    execution_id: str
    company: str
    execute: bool = True
    overwrite: bool = True
    fail_on_error: bool = False
    batch_group: str = ""

    def body(self, parameters: Iterable[str] = IMPORTING) -> Body:
        """Return the body for an action with these parameters; ValueError if the request has no value for one."""
        return _chosen(
            parameters,
            {
                "packageUrl": self.package_url,
                "definitionGroupId": self.data_project,
                "executionId": self.execution_id,
                "execute": self.execute,
                "overwrite": self.overwrite,
                "legalEntityId": self.company,
                "failOnError": self.fail_on_error,
                "importBatchGroupId": self.batch_group,
                # Run in a batch, as ImportFromPackage always does.
                "runAsyncWithoutBatch": False,
                "thresholdToRunInBatch": 0,
            },
        )


@dataclass(frozen=True)
class ExportRequest:
    """The parameters of ExportToPackage and its variants. The package's name is the execution id, which is unique.

    `entities` are labels of the project's entities; empty means all. `preview_count` asks for a preview of so many rows
    per entity; 0 means all. No action takes both. A preview may move the change-tracking token (fno-behaviour 9.8).

    Raises:
        ValueError: both are given, the count is negative, or a label holds the comma that separates labels.
    """

    data_project: str
    execution_id: str
    company: str
    re_execute: bool = False
    entities: tuple[str, ...] = ()
    preview_count: int | None = None

    def __post_init__(self) -> None:
        """Refuse a request that no action takes."""
        if self.preview_count is not None and self.entities:
            raise ValueError("F&O previews whole data projects: set preview_count or entities, not both")
        if self.preview_count is not None and self.preview_count < 0:
            raise ValueError(f"preview_count must be 0 (all rows) or more, not {self.preview_count}")
        if unfit := [each for each in self.entities if "," in each]:
            raise ValueError(f"F&O separates entity labels by commas, and {unfit[0]!r} contains one")

    def body(self, parameters: Iterable[str] = EXPORTING) -> Body:
        """Return the body for an action with these parameters.

        Raises:
            ValueError: the request has no value for one of them, or the action cannot limit the export as requested.
        """
        parameters = tuple(parameters)
        preview = {} if self.preview_count is None else dict.fromkeys(PREVIEW_COUNTS, self.preview_count)
        for wanted, names in ((self.entities, (ENTITIES,)), (preview, PREVIEW_COUNTS)):
            if wanted and not set(names) & set(parameters):
                raise ValueError(f"none of {', '.join(parameters)} is {' or '.join(names)}")
        return _chosen(
            parameters,
            {
                "definitionGroupId": self.data_project,
                "packageName": self.execution_id,
                "executionId": self.execution_id,
                "reExecute": self.re_execute,
                "legalEntityId": self.company,
                ENTITIES: ",".join(self.entities),
                **preview,
            },
        )


Request = ImportRequest | ExportRequest


def _chosen(parameters: Iterable[str], values: Body) -> Body:
    """Return a value for every declared parameter and no other, or F&O refuses the call (fno-behaviour 1.1)."""
    parameters = tuple(parameters)
    if strange := [each for each in parameters if each not in values]:
        raise ValueError(f"there is no value for {', '.join(strange)}")
    return {name: values[name] for name in parameters}


@dataclass(frozen=True)
class ProjectEntity:
    """An entity of a data project, by its label: a row of DataManagementDefinitionGroupDetails."""

    entity: str
    source_format: str
    refresh: str
    """What an export contains, in F&O's words: `FullPush` means everything, any other word means changes."""

    @property
    def is_full(self) -> bool:
        """Whether an export contains everything, with or without a change-tracking token."""
        return self.refresh == "FullPush"

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Read the entity set's JSON."""
        source_format, refresh = (str(row.get(each) or "") for each in ("SourceFormat", "DefaultRefreshType"))
        return cls(row["EntityName"], source_format, refresh)


@dataclass(frozen=True)
class EntityResult:
    """What an execution did with one entity: a row of DataManagementExecutionJobDetails.

    F&O counts the rows it found, staged, created and updated, but not those that failed (fno-behaviour 4.6).
    """

    entity: str
    staging_status: str
    target_status: str
    staged: int
    created: int
    updated: int
    to_process: int = 0
    """Rows that F&O found in the file."""

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Read the entity set's JSON."""
        return cls(
            entity=row["EntityName"],
            staging_status=str(row.get("StagingStatus") or ""),
            target_status=str(row.get("TargetStatus") or ""),
            staged=int(row.get("StagingRecordsCreatedCount") or 0),
            created=int(row.get("TargetRecordsCreatedCount") or 0),
            updated=int(row.get("TargetRecordsUpdatedCount") or 0),
            to_process=int(row.get("StagingRecordsToBeProcessedCount") or 0),
        )


@dataclass(frozen=True)
class EntityPlace:
    """An entity's position in the order in which F&O would import entities (fno-behaviour 5.7)."""

    entity: str
    unit: int
    level: int
    sequence: int


@dataclass(frozen=True)
class Versions:
    """The versions that an environment runs."""

    application: str
    application_build: str
    platform_build: str
