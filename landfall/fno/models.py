"""F&O's words: names on the wire and their meaning. Everyone else in the app speaks ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

EXECUTION_UNKNOWN = "Execution details were not found"
"""What F&O says of an execution that it does not know, or not yet (fno-behaviour 2.4)."""
OVERLAPS = (
    "BOX API can't be used from non-interactive sessions",
    "Deadlock, where one or more users have simultaneously locked",
    "The record already exists",
    "The record has never been selected",
)
"""Parts of what F&O says when calls or executions get in each other's way (fno-behaviour 5.9)."""
Body = dict[str, str | bool | int]
"""What an action is sent; below, what every import and every export is (fno-behaviour 1.1)."""
IMPORTING = ("packageUrl", "definitionGroupId", "executionId", "execute", "overwrite", "legalEntityId")
EXPORTING = ("definitionGroupId", "packageName", "executionId", "reExecute", "legalEntityId")
ENTITIES = "entityList"
PREVIEW_COUNTS = ("exportPreviewCount", "count")
"""The name that environments declare, and the one that is documented (fno-behaviour 1.16)."""


class ExecutionStatus(StrEnum):
    """DMFExecutionSummaryStatus, by member name."""

    UNKNOWN = "Unknown"
    """Not decided yet: seen right after the start."""
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
        """Whether F&O is through with it."""
        return self not in {ExecutionStatus.UNKNOWN, ExecutionStatus.NOT_RUN, ExecutionStatus.EXECUTING}


class MessageStatus(StrEnum):
    """IntegrationActivityMessageStatus: how a file in a recurring job's queue stands (fno-behaviour 5.12)."""

    UNKNOWN = "Unknown"
    """A word that is not known here."""
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
        """In whatever case, and by the name that the documentation has for the last one."""
        said = str(value).lower().replace("postprocessingfailed", "postprocessingerror")
        return next((each for each in cls if each.lower() == said), cls.UNKNOWN)


@dataclass(frozen=True)
class WriteUrl:
    """Where to put a package: `url` carries a SAS and must not be written down anywhere."""

    blob_id: str
    url: str


@dataclass(frozen=True)
class ImportRequest:
    """What ImportFromPackage and its kin take; `overwrite` is about the data project's definition, not about records.

    `fail_on_error` and `batch_group` are for those of its kin that take them; what they do is documented nowhere.
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
        """What an action with these parameters is sent; ValueError when one of them is unknown here."""
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
                # Always in a batch, as ImportFromPackage does.
                "runAsyncWithoutBatch": False,
                "thresholdToRunInBatch": 0,
            },
        )


@dataclass(frozen=True)
class ExportRequest:
    """What ExportToPackage and its kin take; the package is named by the execution, so that two never share a name.

    `entities` are labels of the project's entities, none means all; `preview_count` asks for a preview of so many rows
    per entity, 0 for all of them. F&O has no action that takes both. A preview may move the change-tracking token
    (fno-behaviour 9.8).

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
        """Refuse what no action takes."""
        if self.preview_count is not None and self.entities:
            raise ValueError("F&O previews whole data projects: give preview_count or entities, not both")
        if self.preview_count is not None and self.preview_count < 0:
            raise ValueError(f"a preview brings 0 (all) or more rows, not {self.preview_count}")
        if unfit := [each for each in self.entities if "," in each]:
            raise ValueError(f"F&O takes entity labels separated by commas, and {unfit[0]!r} holds one")

    def body(self, parameters: Iterable[str] = EXPORTING) -> Body:
        """What an action with these parameters is sent.

        Raises:
            ValueError: one of them is unknown here, or what is wanted has none: more would be exported than that.
        """
        parameters = tuple(parameters)
        preview = {} if self.preview_count is None else dict.fromkeys(PREVIEW_COUNTS, self.preview_count)
        for wanted, names in ((self.entities, (ENTITIES,)), (preview, PREVIEW_COUNTS)):
            if wanted and not set(names) & set(parameters):
                raise ValueError(f"of {', '.join(parameters)} none is {' or '.join(names)}")
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
    """Every declared parameter and no other, or F&O refuses the call (fno-behaviour 1.1)."""
    parameters = tuple(parameters)
    if strange := [each for each in parameters if each not in values]:
        raise ValueError(f"nothing is known to fill {', '.join(strange)} with")
    return {name: values[name] for name in parameters}


@dataclass(frozen=True)
class ProjectEntity:
    """A row of DataManagementDefinitionGroupDetails: an entity of a data project, by its label."""

    entity: str
    source_format: str
    refresh: str
    """What an export brings, in F&O's words: `FullPush` everything, else what changed."""

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """From the entity set's JSON."""
        return cls(
            entity=row["EntityName"],
            source_format=str(row.get("SourceFormat") or ""),
            refresh=str(row.get("DefaultRefreshType") or ""),
        )


@dataclass(frozen=True)
class EntityResult:
    """A row of DataManagementExecutionJobDetails: what an execution did with one entity.

    F&O counts what it found, staged, created and updated, and not what failed (fno-behaviour 4.6).
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
        """From the entity set's JSON."""
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
    """Where an entity stands in the order in which F&O would import entities, by its label (fno-behaviour 5.7)."""

    entity: str
    unit: int
    level: int
    sequence: int


@dataclass(frozen=True)
class Versions:
    """What an environment runs."""

    application: str
    application_build: str
    platform_build: str
