"""The client reaches every action of the package API: fno-behaviour 1.5, 1.17."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fno_emulator.odata.actions import ACTIONS, ON_ENTITIES
from landfall.fno import FnoClient
from tests.contract.client.conftest import GROUPS, answered, export_of, import_of
from tests.contract.conftest import Caller
from tests.contract.test_recurring import enqueue

LABEL, PROJECT = "Customer groups", "Customers export"


@dataclass(frozen=True)
class Ground:
    """Two clients, an execution that has ended, and a queued file."""

    client: FnoClient
    eager: FnoClient
    execution: str
    message: str


Reach = Callable[[Ground], object]
WAYS: dict[str, Reach] = {
    "GetAzureWriteUrl": lambda on: on.client.write_url("x.zip"),
    "ImportFromPackage": lambda on: on.client.import_package(import_of(on.client, GROUPS)),
    "ImportFromPackageAsync": lambda on: on.eager.import_package(import_of(on.client, GROUPS)),
    "ImportFromDMTPackage": lambda on: on.client.import_dmt_package(import_of(on.client, GROUPS)),
    "ExportToPackage": lambda on: on.client.export_package(export_of(PROJECT)),
    "ExportToPackageAsync": lambda on: on.eager.export_package(export_of(PROJECT)),
    "ExportToPackagePreview": lambda on: on.client.export_package(export_of(PROJECT, preview_count=1)),
    "ExportToPackagePreviewAsync": lambda on: on.eager.export_package(export_of(PROJECT, preview_count=1)),
    "ExportToPackageDelta": lambda on: on.client.export_delta(export_of(PROJECT)),
    "ExportFromPackage": lambda on: on.client.export_from_package(import_of(on.client, GROUPS)),
    "GetExportedPackageUrl": lambda on: on.client.exported_package_url(on.execution),
    "GetExecutionSummaryStatus": lambda on: on.client.status(on.execution),
    "GetEntityExecutionSummaryStatusList": lambda on: on.client.entity_statuses(on.execution),
    "GetExecutionSummaryPageUrl": lambda on: on.client.execution_page(on.execution),
    "GetExecutionErrors": lambda on: on.client.errors(on.execution),
    "GetImportStagingErrorFileUrl": lambda on: on.client.staging_errors_url(on.execution, LABEL),
    "GenerateImportTargetErrorKeysFile": lambda on: on.client.generate_error_keys(on.execution, LABEL),
    "GetImportTargetErrorKeysFileUrl": lambda on: on.client.error_keys_url(on.execution, LABEL),
    "GetMessageStatus": lambda on: on.client.message_status(on.message),
    "GetExecutionIdByMessageId": lambda on: on.client.message_execution(on.message),
    "DeleteExecutionHistoryJob": lambda on: on.client.delete_execution(on.execution),
    "InitializeDataManagement": lambda on: on.client.refresh_entities(),
    "InitializeDataManagementAsync": lambda on: on.client.refresh_entities(wait=False),
    "GetEntitySequence": lambda on: on.client.entity_sequence([LABEL]),
    "ResetVersionToken": lambda on: on.client.reset_version_token(PROJECT, LABEL),
    "GetApplicationVersion": lambda on: on.client.versions(),
    "GetApplicationBuildVersion": lambda on: on.client.versions(),
    "GetPlatformBuildVersion": lambda on: on.client.versions(),
}


@pytest.fixture
def ground(fno: Caller, client: FnoClient, eager: FnoClient) -> Ground:
    """An import that has ended, and a queued file."""
    execution = client.import_package(import_of(client, GROUPS))
    fno.wait(execution)
    return Ground(client, eager, execution, enqueue(fno, GROUPS).json())


@pytest.mark.parametrize("action", [*ACTIONS, *ON_ENTITIES])
def test_every_action_is_reached(fno: Caller, ground: Ground, action: str) -> None:
    """Some call of the client reaches each action with its required parameters and is answered."""
    before = answered(fno, action)
    WAYS[action](ground)
    assert set(answered(fno, action)[len(before) :]) in ({200}, {204})
