"""The actions of DataManagementDefinitionGroups: their names, parameters, and calls of the framework.

Names are case-sensitive. A call has exactly the declared parameters, each with its declared type (fno-behaviour 1.1).
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fno_emulator.dmf.errors import NoSuchProject
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.exporting.extent import Extent
from fno_emulator.dmf.framework import Framework
from fno_emulator.dmf.importing import error_files
from fno_emulator.guids import ZERO_GUID

Parameters = dict[str, Any]
RELEASE = "10.0.48"
"""The newest release that docs/fno-behaviour.md describes."""
_EXPORT = {"definitionGroupId": str, "packageName": str, "executionId": str, "reExecute": bool, "legalEntityId": str}
_IMPORT = {
    "packageUrl": str,
    "definitionGroupId": str,
    "executionId": str,
    "execute": bool,
    "overwrite": bool,
    "legalEntityId": str,
}
_BY_ID = {"executionId": str}
_BY_ENTITY = {"executionId": str, "entityName": str}


@dataclass(frozen=True)
class Action:
    """One action: its parameters by name and type, its call of the framework, and the Edm type of its value."""

    parameters: Mapping[str, type]
    call: Callable[[Framework, Parameters], Any]
    returns: str = "Edm.String"
    """The action answers 204 without a value if this is ""."""
    hold: Callable[[Framework, Parameters], AbstractContextManager[None]] = field(
        default=lambda _framework, _parameters: nullcontext()
    )
    """A lock that the call holds from its first byte to its last."""
    at_once: bool = False
    """Whether the call is so short that it runs on the event loop instead of in a thread."""

    def accepts(self, body: object) -> bool:
        """Whether a JSON body has exactly the declared parameters, each with its declared type."""
        return (
            isinstance(body, dict)
            and body.keys() == self.parameters.keys()
            and all(type(body[name]) is wanted for name, wanted in self.parameters.items())
        )


def _write_url(framework: Framework, p: Parameters) -> str:
    blob_id, url = framework.azure_write_url(p["uniqueFileName"])
    return json.dumps({"BlobId": blob_id, "BlobUrl": url}, separators=(",", ":"))


def _package(p: Parameters) -> tuple[str, str, str, str]:
    return p["packageUrl"], p["definitionGroupId"], p["executionId"], p["legalEntityId"]


def _import(framework: Framework, p: Parameters, *, waits: bool = True) -> str:
    options = {"execute": p["execute"], "overwrite": p["overwrite"], "waits": waits}
    return framework.starter.import_from_package(*_package(p), **options)


def _export(framework: Framework, p: Parameters, *, changes: bool = False) -> str:
    extent = Extent(p.get("exportPreviewCount", 0), p.get("entityList", ""), changes, p["reExecute"])
    try:
        return framework.starter.export_to_package(
            p["definitionGroupId"], p["packageName"], p["executionId"], p["legalEntityId"], extent
        )
    except NoSuchProject:
        if framework.environment.settings.unknown_export_project == "zero_guid":
            return ZERO_GUID
        raise


def _export_from_package(framework: Framework, p: Parameters) -> str:
    return framework.starter.export_from_package(*_package(p), overwrite=p["overwrite"])


def _entity_run(framework: Framework, p: Parameters) -> tuple[Execution, EntityRun]:
    return framework.entity_run(p["executionId"], p["entityName"])


def _import_action(*, waits: bool = True, **more: type) -> Action:
    """An import action: it has six parameters and `more`, its call holds the project, and may wait for unpacking."""
    call = partial(_import, waits=waits)
    return Action({**_IMPORT, **more}, call, hold=lambda f, p: f.import_calls.hold(p["definitionGroupId"]))


_NOTHING = Action({}, lambda _framework, _parameters: None, returns="")
"""Refreshes the entity list, which is always up to date in the emulator."""
ACTIONS: dict[str, Action] = {
    "GetAzureWriteUrl": Action({"uniqueFileName": str}, _write_url),
    "ImportFromPackage": _import_action(),
    "ImportFromPackageAsync": _import_action(
        waits=False, failOnError=bool, runAsyncWithoutBatch=bool, thresholdToRunInBatch=int
    ),
    "ImportFromDMTPackage": _import_action(importBatchGroupId=str, failOnError=bool),
    "ExportToPackage": Action(_EXPORT, _export),
    "ExportToPackageAsync": Action({**_EXPORT, "entityList": str}, _export),
    "ExportToPackagePreview": Action({**_EXPORT, "exportPreviewCount": int}, _export),
    "ExportToPackagePreviewAsync": Action({**_EXPORT, "exportPreviewCount": int}, _export),
    "ExportToPackageDelta": Action({**_EXPORT, "entityList": str}, partial(_export, changes=True)),
    "ExportFromPackage": Action(_IMPORT, _export_from_package),
    "GetExportedPackageUrl": Action(_BY_ID, lambda f, p: f.exported_package_url(p["executionId"])),
    "GetExecutionSummaryStatus": Action(
        _BY_ID,
        lambda f, p: f.status(p["executionId"]),
        returns="Microsoft.Dynamics.DataEntities.DMFExecutionSummaryStatus",
        at_once=True,
    ),
    "GetEntityExecutionSummaryStatusList": Action(
        _BY_ID, lambda f, p: f.entity_statuses(p["executionId"]), returns="Collection(Edm.String)"
    ),
    "GetExecutionSummaryPageUrl": Action(_BY_ID, lambda f, p: f.page_url(p["executionId"])),
    "GetExecutionErrors": Action(_BY_ID, lambda f, p: f.errors(p["executionId"])),
    "GetImportStagingErrorFileUrl": Action(
        _BY_ENTITY, lambda f, p: error_files.staging_error_url(f.environment, *_entity_run(f, p))
    ),
    "GenerateImportTargetErrorKeysFile": Action(
        _BY_ENTITY,
        lambda f, p: error_files.generate_error_keys(f.environment, *_entity_run(f, p)),
        returns="Edm.Boolean",
    ),
    "GetImportTargetErrorKeysFileUrl": Action(
        _BY_ENTITY, lambda f, p: error_files.error_keys_url(f.environment, *_entity_run(f, p))
    ),
    "GetMessageStatus": Action({"messageId": str}, lambda f, p: f.recurring.state(p["messageId"])),
    "GetExecutionIdByMessageId": Action(
        {"_messageId": str}, lambda f, p: f.recurring.execution_id(p["_messageId"]), returns="Edm.Guid"
    ),
    "DeleteExecutionHistoryJob": Action(_BY_ID, lambda f, p: f.delete_history(p["executionId"]), returns=""),
    "InitializeDataManagement": _NOTHING,
    "InitializeDataManagementAsync": _NOTHING,
    "GetEntitySequence": Action({"listOfDataEntities": str}, lambda f, p: f.entity_sequence(p["listOfDataEntities"])),
    "ResetVersionToken": Action(
        {"definitionGroupId": str, "entityName": str, "sourceName": str},
        lambda f, p: f.reset_version_token(p["definitionGroupId"], p["entityName"]),
        returns="Edm.Boolean",
    ),
}

ON_ENTITIES: dict[str, Action] = {
    name: Action({}, lambda _framework, _parameters: RELEASE)
    for name in ("GetApplicationVersion", "GetApplicationBuildVersion", "GetPlatformBuildVersion")
}
"""The actions of the set DataManagementEntities."""
