"""The sets of the data management framework: their types, keys and navigation properties (fno-behaviour 1.11, 4.6)."""

from collections.abc import Mapping
from dataclasses import dataclass

_TEXT, _NUMBER, _MOMENT = "Edm.String", "Edm.Int32", "Edm.DateTimeOffset"
_PROJECT = "DefinitionGroupId"


@dataclass(frozen=True)
class Companion:
    """One set: the name of its type, its key, and its properties with their Edm types."""

    public_name: str
    key: tuple[str, ...]
    properties: Mapping[str, str]
    details: tuple[str, tuple[tuple[str, str], ...]] | None = None
    """The set that the navigation property Details leads to, and the pairs of properties that connect them."""


def _typed(texts: str, numbers: str = "", moments: str = "") -> dict[str, str]:
    return (
        dict.fromkeys(texts.split(), _TEXT)
        | dict.fromkeys(numbers.split(), _NUMBER)
        | dict.fromkeys(moments.split(), _MOMENT)
    )


COMPANIONS: dict[str, Companion] = {
    "DataManagementDefinitionGroups": Companion(
        "DataManagementDefinitionGroup",
        ("Name",),
        _typed("Name Description OperationType ProjectCategory GenerateDataPackage TruncateEntityData"),
        ("DataManagementDefinitionGroupDetails", (("Name", _PROJECT),)),
    ),
    "DataManagementDefinitionGroupDetails": Companion(
        "DataManagementDefinitionGroupDetail",
        (_PROJECT, "EntityName"),
        _typed(
            "DefinitionGroupId EntityName SourceFormat InputFilePath FailExecutionUnitOnError FailLevelOnError "
            "RunBusinessLogic RunBusinessValidation RunValidateField SkipStaging AutoGenerateMapping Disable "
            "ExcelSheetName DefaultRefreshType QueryData EntityXMLName EntityCategory SysModule ValidationStatus",
            "ExecutionUnit LevelInExecutionUnit SequenceInLevel",
        ),
    ),
    "DataManagementExecutionJobs": Companion(
        "DataManagementExecutionJob",
        ("JobId",),
        _typed("JobId Description"),
        ("DataManagementExecutionJobDetails", (("JobId", "JobId"),)),
    ),
    "DataManagementExecutionJobDetails": Companion(
        "DataManagementExecutionJobDetail",
        (_PROJECT, "JobId", "EntityName"),
        _typed(
            "DefinitionGroupId JobId EntityName StagingStatus TargetStatus ExecuteTargetStep FirstRowIsHeader "
            "CreateErrorFile IgnoreError SourceFormat FilePath",
            "StagingRecordsToBeProcessedCount StagingRecordsCreatedCount TargetRecordsCreatedCount "
            "TargetRecordsUpdatedCount NumberOfRowsToSkip ParallelTaskCount",
            "StagingStartDateTime StagingEndDateTime TargetStartDateTime TargetEndDateTime",
        ),
    ),
    "DataManagementEntities": Companion(
        "DataManagementEntity", ("EntityName",), _typed("EntityName TargetEntity IsShared EntityCategory SysModule")
    ),
}
