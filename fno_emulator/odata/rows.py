"""The rows of sets in OData's JSON: those of the catalogue's entities and of the framework's own sets."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.model import projects, tables
from fno_emulator.dmf.model.catalogue import Composite, Entity, Field
from fno_emulator.dmf.model.values import NO_DATE
from fno_emulator.odata.call import NoSuchSet

Row = dict[str, Any]
NO_MOMENT = f"{NO_DATE}T00:00:00Z"


def of(environment: Environment, collection: str, *, everywhere: bool = True) -> Iterator[Row]:
    """A set's rows, in every company or in the default one.

    Raises:
        NoSuchSet: there is no such set.
    """
    if collection in SETS:
        return SETS[collection](environment)
    entity = environment.catalogue.by_collection(collection)
    if entity is None:
        raise NoSuchSet(collection)
    return public(environment, entity, None if everywhere else environment.catalogue.companies[0])


def public(environment: Environment, entity: Entity, company: str | None) -> Iterator[Row]:
    """An entity's target rows in one company, or in all companies if it is None."""
    where = "" if company is None or entity.shared else "WHERE company = :company"
    sql = f"SELECT recid, recversion, company, {tables.columns(entity.fields)} FROM {tables.target(entity)} {where} ORDER BY recid"  # noqa: S608
    for values in environment.database.connection().execute(sql, {"company": company}):
        yield to_json(entity, values)


def to_json(entity: Entity, values: Any) -> Row:
    """A target record in OData's JSON."""
    row: Row = {"@odata.etag": etag(values["recversion"], values["recid"])}
    if not entity.shared:
        row["dataAreaId"] = values["company"].lower()
    return row | {one.name: json_value(one, values[one.name]) for one in entity.fields}


def etag(version: int, recid: int) -> str:
    """F&O's weak etag: record version and record id in base64 (fno-behaviour 1.8)."""
    tag = base64.b64encode(f"'{version},{recid}'".encode()).decode()
    return f'W/"{tag}"'


def json_value(field: Field, value: Any) -> Any:
    """A stored value as JSON. Dates have the time 12:00, as in F&O."""
    if field.type == "real":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if field.type == "date":
        return NO_MOMENT if value == NO_DATE else f"{value}T12:00:00Z"
    return value


def definition_groups(environment: Environment) -> Iterator[Row]:
    """DataManagementDefinitionGroups: the data projects."""
    for one in projects.every(environment.database):
        yield {
            "Name": one.name,
            "Description": one.description,
            "OperationType": one.operation,
            "ProjectCategory": one.category,
            "GenerateDataPackage": "Yes",
            "TruncateEntityData": _yes_no(one.truncates),
        }


def definition_group_details(environment: Environment) -> Iterator[Row]:
    """DataManagementDefinitionGroupDetails: the entities of projects."""
    for project in projects.every(environment.database):
        for one in project.entities:
            entity = environment.catalogue.find(one.entity)
            mapped = bool(one.mapping or isinstance(entity, Composite))
            yield {
                "DefinitionGroupId": project.name,
                "EntityName": one.entity,
                "SourceFormat": one.source_format,
                "InputFilePath": one.file,
                "ExecutionUnit": one.unit,
                "LevelInExecutionUnit": one.level,
                "SequenceInLevel": one.sequence,
                "FailExecutionUnitOnError": _yes_no(one.fail_unit),
                "FailLevelOnError": _yes_no(one.fail_level),
                "RunBusinessLogic": "Yes",
                "RunBusinessValidation": _yes_no(one.validate),
                "RunValidateField": "No",
                "SkipStaging": "No",
                "AutoGenerateMapping": _yes_no(mapped),
                "Disable": _yes_no(one.disabled),
                "ExcelSheetName": one.sheet,
                "DefaultRefreshType": one.refresh,
                "QueryData": "",
                "EntityXMLName": entity.name.upper() if entity else "",
                "EntityCategory": entity.category if entity else "",
                "SysModule": entity.module if entity else "",
                "ValidationStatus": _yes_no(mapped),
            }


def execution_jobs(environment: Environment) -> Iterator[Row]:
    """DataManagementExecutionJobs: the job history. Executions with the same id are one job."""
    for one in {each.id.lower(): each for each in executions.every(environment.database)}.values():
        yield {"JobId": one.id, "Description": one.project}


def execution_job_details(environment: Environment) -> Iterator[Row]:
    """DataManagementExecutionJobDetails: the entities of executions, with statuses and counts (fno-behaviour 4.6)."""
    for execution, runs in executions.with_entities(environment.database):
        for one in runs:
            yield _job_detail(execution, one)


def entities(environment: Environment) -> Iterator[Row]:
    """DataManagementEntities: the entities and composites that can be imported and exported."""
    for one in environment.catalogue.entities:
        yield {
            "EntityName": one.label,
            "TargetEntity": one.name,
            "IsShared": _yes_no(one.shared),
            "EntityCategory": one.category,
            "SysModule": one.module,
        }
    for composite in environment.catalogue.composites:
        yield {
            "EntityName": composite.label,
            "TargetEntity": composite.name,
            "IsShared": "No",
            "EntityCategory": composite.category,
            "SysModule": composite.module,
        }


SETS: dict[str, Callable[[Environment], Iterator[Row]]] = {
    "DataManagementDefinitionGroups": definition_groups,
    "DataManagementDefinitionGroupDetails": definition_group_details,
    "DataManagementExecutionJobs": execution_jobs,
    "DataManagementExecutionJobDetails": execution_job_details,
    "DataManagementEntities": entities,
}


def _job_detail(execution: Execution, one: EntityRun) -> Row:
    return {
        "DefinitionGroupId": execution.project,
        "JobId": execution.id,
        "EntityName": one.entity,
        "StagingStatus": one.staging_status,
        "TargetStatus": one.target_status,
        "StagingStartDateTime": one.times["staging_started"] or NO_MOMENT,
        "StagingEndDateTime": one.times["staging_ended"] or NO_MOMENT,
        "TargetStartDateTime": one.times["target_started"] or NO_MOMENT,
        "TargetEndDateTime": one.times["target_ended"] or NO_MOMENT,
        "StagingRecordsToBeProcessedCount": one.sent,
        "StagingRecordsCreatedCount": one.staged,
        "TargetRecordsCreatedCount": one.created,
        "TargetRecordsUpdatedCount": one.updated,
        "ExecuteTargetStep": _yes_no(execution.execute),
        "FirstRowIsHeader": "Yes",
        "CreateErrorFile": "Yes",
        "IgnoreError": "No",
        "NumberOfRowsToSkip": 0,
        "ParallelTaskCount": 0,
        "SourceFormat": one.definition.source_format,
        "FilePath": one.definition.file,
    }


def _yes_no(value: bool) -> str:  # noqa: FBT001 - the only argument is the value to convert
    return "Yes" if value else "No"
