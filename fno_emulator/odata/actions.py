"""The actions of DataManagementDefinitionGroups: names, parameters, and which part of the framework answers.

Names are case-sensitive, every declared parameter must be there and of its type, and no other (fno-behaviour 1.1).
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fno_emulator.dmf.errors import NoSuchProject
from fno_emulator.dmf.exporting.run import Extent
from fno_emulator.dmf.framework import Framework
from fno_emulator.dmf.recurring import NOBODY

Parameters = dict[str, Any]
RELEASE = "10.0.48"
"""The release whose behaviour is the newest reading behind docs/fno-behaviour.md."""
_EXPORT = {
    "definitionGroupId": str,
    "packageName": str,
    "executionId": str,
    "reExecute": bool,
    "legalEntityId": str,
}
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
    """One action: parameters by name and type, what it does, and the Edm type of its value."""

    parameters: Mapping[str, type]
    call: Callable[[Framework, Parameters], Any]
    returns: str = "Edm.String"
    """"" answers 204 without a value."""
    hold: Callable[[Framework, Parameters], AbstractContextManager[None]] = field(
        default=lambda _framework, _parameters: nullcontext()
    )
    """What the call holds from its first byte to its last."""
    at_once: bool = False
    """A look that waits for nobody and takes no longer than handing it to another thread would."""

    def accepts(self, body: object) -> bool:
        """Whether a JSON body has exactly the declared parameters, each of its type."""
        return (
            isinstance(body, dict)
            and body.keys() == self.parameters.keys()
            and all(type(body[name]) is wanted for name, wanted in self.parameters.items())
        )


def _write_url(framework: Framework, p: Parameters) -> str:
    blob_id, url = framework.azure_write_url(p["uniqueFileName"])
    return json.dumps({"BlobId": blob_id, "BlobUrl": url}, separators=(",", ":"))


def _import(framework: Framework, p: Parameters) -> str:
    return framework.import_from_package(
        p["packageUrl"],
        p["definitionGroupId"],
        p["executionId"],
        p["legalEntityId"],
        execute=p["execute"],
        overwrite=p["overwrite"],
    )


def _export(framework: Framework, p: Parameters, *, changes: bool = False) -> str:
    extent = Extent(p.get("exportPreviewCount", 0), p.get("entityList", ""), changes, p["reExecute"])
    try:
        return framework.export_to_package(
            p["definitionGroupId"], p["packageName"], p["executionId"], p["legalEntityId"], extent
        )
    except NoSuchProject:
        if framework.environment.settings.unknown_export_project == "zero_guid":
            return NOBODY
        raise


def _export_from_package(framework: Framework, p: Parameters) -> str:
    return framework.export_from_package(
        p["packageUrl"],
        p["definitionGroupId"],
        p["executionId"],
        p["legalEntityId"],
        overwrite=p["overwrite"],
    )


def _importing(**more: type) -> Action:
    """An import action: the six parameters and some, one call per project at a time."""
    return Action({**_IMPORT, **more}, _import, hold=lambda f, p: f.import_calls.hold(p["definitionGroupId"]))


_NOTHING = Action({}, lambda _framework, _parameters: None, returns="")
"""Refreshes the entity list, which is always fresh here."""
ACTIONS: dict[str, Action] = {
    "GetAzureWriteUrl": Action({"uniqueFileName": str}, _write_url),
    "ImportFromPackage": _importing(),
    "ImportFromPackageAsync": _importing(
        failOnError=bool, runAsyncWithoutBatch=bool, thresholdToRunInBatch=int
    ),
    "ImportFromDMTPackage": _importing(importBatchGroupId=str, failOnError=bool),
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
        _BY_ENTITY, lambda f, p: f.staging_error_url(p["executionId"], p["entityName"])
    ),
    "GenerateImportTargetErrorKeysFile": Action(
        _BY_ENTITY,
        lambda f, p: f.generate_error_keys(p["executionId"], p["entityName"]),
        returns="Edm.Boolean",
    ),
    "GetImportTargetErrorKeysFileUrl": Action(
        _BY_ENTITY, lambda f, p: f.error_keys_url(p["executionId"], p["entityName"])
    ),
    "GetMessageStatus": Action({"messageId": str}, lambda f, p: f.recurring.state(p["messageId"])),
    "GetExecutionIdByMessageId": Action(
        {"_messageId": str}, lambda f, p: f.recurring.execution_id(p["_messageId"]), returns="Edm.Guid"
    ),
    "DeleteExecutionHistoryJob": Action(_BY_ID, lambda f, p: f.delete_history(p["executionId"]), returns=""),
    "InitializeDataManagement": _NOTHING,
    "InitializeDataManagementAsync": _NOTHING,
    "GetEntitySequence": Action(
        {"listOfDataEntities": str}, lambda f, p: f.entity_sequence(p["listOfDataEntities"])
    ),
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
"""Actions of the neighbouring set DataManagementEntities."""
