"""The actions of DataManagementDefinitionGroups: names, parameters, and which part of the framework answers.

Names are case-sensitive, every declared parameter must be there and of its type, and no other (fno-behaviour 1.1).
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from emulator.dmf.framework import Framework

Parameters = dict[str, Any]
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
    hold: Callable[[Framework, Parameters], AbstractContextManager[None]] = field(
        default=lambda _framework, _parameters: nullcontext()
    )
    """What the call holds from its first byte to its last."""

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


def _export(framework: Framework, p: Parameters) -> str:
    return framework.export_to_package(
        p["definitionGroupId"],
        p["packageName"],
        p["executionId"],
        p["legalEntityId"],
        p.get("exportPreviewCount", 0),
    )


ACTIONS: dict[str, Action] = {
    "GetAzureWriteUrl": Action({"uniqueFileName": str}, _write_url),
    "ImportFromPackage": Action(_IMPORT, _import, hold=lambda f, p: f.import_call(p["definitionGroupId"])),
    "ExportToPackage": Action(_EXPORT, _export),
    "ExportToPackagePreview": Action({**_EXPORT, "exportPreviewCount": int}, _export),
    "GetExportedPackageUrl": Action(_BY_ID, lambda f, p: f.exported_package_url(p["executionId"])),
    "GetExecutionSummaryStatus": Action(
        _BY_ID,
        lambda f, p: f.execution(p["executionId"]).status,
        returns="Microsoft.Dynamics.DataEntities.DMFExecutionSummaryStatus",
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
    "ResetVersionToken": Action(
        {"definitionGroupId": str, "entityName": str, "sourceName": str},
        lambda f, p: f.reset_version_token(p["definitionGroupId"], p["entityName"]),
        returns="Edm.Boolean",
    ),
}
