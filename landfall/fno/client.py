"""The client of F&O's Data management package REST API."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from landfall.fno import answers
from landfall.fno.addresses import is_same_origin
from landfall.fno.auth import Tokens
from landfall.fno.connection import Connection, Pause, Timeouts
from landfall.fno.errors import FnoError, NoAnswerError, RefusedError
from landfall.fno.keepalive import new_session
from landfall.fno.models import (
    ENTITIES,
    EXPORTING,
    IMPORTING,
    PREVIEW_COUNTS,
    Body,
    EntityPlace,
    EntityResult,
    ExecutionStatus,
    ExportRequest,
    ImportRequest,
    MessageStatus,
    ProjectEntity,
    Request,
    Versions,
    WriteUrl,
)
from landfall.fno.signatures import Actions, Signatures

ENTITY_LIST = "DataManagementEntities"
RESULTS = "DataManagementExecutionJobDetails"


class FnoClient:
    """One F&O environment's package API. Every method raises the errors of landfall.fno.errors, and no others.

    `ca_bundle` is a PEM file of the authorities to trust instead of the public ones. `pause` is shared with other
    clients of the environment. `asynchronous` starts executions by the `...Async` actions where the environment has
    them. `heard` is called after each request with its error, None when F&O has answered it, and what was tried.

    Methods that start an execution return its id as F&O answers it, empty if it answers none. After NoAnswerError the
    execution may run.
    """

    def __init__(  # noqa: PLR0913  what it works with, each named
        self,
        origin: str,
        tokens: Tokens,
        *,
        session: requests.Session | None = None,
        timeouts: Timeouts | None = None,
        pause: Pause | None = None,
        asynchronous: bool = False,
        ca_bundle: str | None = None,
        heard: Callable[[FnoError | None, str], None] = lambda _error, _tried: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        session, timeouts = session or new_session(), timeouts or Timeouts()
        self._connection = Connection(origin.rstrip("/"), tokens, session, timeouts, pause, ca_bundle, heard, now)
        self._signatures = Signatures(self._connection)
        self._asynchronous = asynchronous

    @property
    def origin(self) -> str:
        """The environment's URL, without a slash at the end."""
        return self._connection.origin

    @property
    def ca_bundle(self) -> str | None:
        """The PEM file of the authorities to trust, for F&O's files too; None for the public ones."""
        return self._connection.ca_bundle

    @property
    def paused_seconds(self) -> float:
        """The seconds for which F&O has asked clients to wait; 0 when it may be asked."""
        return self._connection.pause.left() if self._connection.pause else 0

    def sign_in(self) -> None:
        """Get a token, as every call does; AuthError says why there is none."""
        self._connection.tokens.get(fresh=False)

    def write_url(self, file_name: str) -> WriteUrl:
        """Return a place for a package, which takes it for about thirty minutes (fno-behaviour 7.1)."""
        value = self._connection.act("GetAzureWriteUrl", {"uniqueFileName": file_name})
        return answers.write_url(value, f"GetAzureWriteUrl for {file_name}")

    def import_package(self, request: ImportRequest) -> str:
        """Start an import of a package that lies where `write_url` said (fno-behaviour 2.5)."""
        return self._start_fitting("ImportFromPackage", request, IMPORTING)

    def import_dmt_package(self, request: ImportRequest) -> str:
        """Start an import by the action that also takes a batch group (fno-behaviour 1.5)."""
        parameters = (*IMPORTING, "importBatchGroupId", "failOnError")
        return self._start("ImportFromDMTPackage", request.body(parameters))

    def export_package(self, request: ExportRequest) -> str:
        """Start an export of a data project, of some of its entities, or a preview (fno-behaviour 6.1, 1.16)."""
        if request.entities:
            return self._start("ExportToPackageAsync", request.body((*EXPORTING, ENTITIES)))
        if request.preview_count is None:
            return self._start_fitting("ExportToPackage", request, EXPORTING)
        counted = (*EXPORTING, PREVIEW_COUNTS[0])
        return self._start_fitting("ExportToPackagePreview", request, counted, look_up=True)

    def export_delta(self, request: ExportRequest) -> str:
        """Start an export of changes only, whatever the data project says of its entities (fno-behaviour 1.5).

        Raises:
            ValueError: the request is for a preview, which this action does not have.
        """
        return self._start("ExportToPackageDelta", request.body((*EXPORTING, ENTITIES)))

    def export_from_package(self, request: ImportRequest) -> str:
        """Start an export of the entities and columns that a package's manifest names (fno-behaviour 1.5)."""
        return self._start("ExportFromPackage", request.body(IMPORTING))

    def exported_package_url(self, execution_id: str) -> str:
        """Return a URL that reads an exported package for an hour; empty while F&O packs it."""
        return self._text("GetExportedPackageUrl", {"executionId": execution_id})

    def reset_version_token(self, data_project: str, entity: str, source: str = "") -> bool:
        """Make an entity's next incremental export a full one; False if F&O did not do so (fno-behaviour 6.2)."""
        body = {"definitionGroupId": data_project, "entityName": entity, "sourceName": source}
        return answers.is_true(self._connection.act("ResetVersionToken", body), "ResetVersionToken")

    def status(self, execution_id: str) -> ExecutionStatus:
        """Return an execution's status; ExecutionUnknownError when F&O does not know the id (yet)."""
        return ExecutionStatus(self._text("GetExecutionSummaryStatus", {"executionId": execution_id}))

    def entity_results(self, execution_id: str) -> list[EntityResult]:
        """Return what an execution did with each of its entities, in F&O's order."""
        tried = f"the results of execution {execution_id}"
        return self._connection.rows(RESULTS, ("JobId", execution_id), EntityResult.from_row, tried)

    def executions(self, data_project: str) -> dict[str, list[EntityResult]]:
        """Return the executions of a data project that F&O still keeps, by id (fno-behaviour 4.6)."""

        def read(row: dict[str, Any]) -> tuple[str, EntityResult]:
            return str(row["JobId"]), EntityResult.from_row(row)

        found: dict[str, list[EntityResult]] = {}
        tried = f"the executions of data project {data_project}"
        for execution_id, result in self._connection.rows(RESULTS, ("DefinitionGroupId", data_project), read, tried):
            found.setdefault(execution_id, []).append(result)
        return found

    def entity_statuses(self, execution_id: str) -> list[str]:
        """Return a text per entity, whose format is not published (fno-behaviour 9.5); prefer `entity_results`."""
        value = self._connection.act("GetEntityExecutionSummaryStatusList", {"executionId": execution_id}) or []
        return [str(each) for each in value] if isinstance(value, list) else [str(value)]

    def execution_page(self, execution_id: str) -> str | None:
        """Return the address of an execution's page in F&O; None if F&O names one outside the environment."""
        page = self._text("GetExecutionSummaryPageUrl", {"executionId": execution_id})
        return page if is_same_origin(page, self.origin) else None

    def delete_execution(self, execution_id: str) -> None:
        """Remove an execution from F&O's job history (fno-behaviour 1.5)."""
        self._connection.act("DeleteExecutionHistoryJob", {"executionId": execution_id})

    def errors(self, execution_id: str) -> str:
        """Return an execution's messages as F&O wrote them: JSON that is not always valid (fno-behaviour 4.1)."""
        value = self._said("GetExecutionErrors", {"executionId": execution_id}, str | list)
        return value if isinstance(value, str) else json.dumps(value)

    def staging_errors_url(self, execution_id: str, entity: str) -> str:
        """Return the URL of an entity's rows that did not reach staging; empty when there are none."""
        body = {"executionId": execution_id, "entityName": entity}
        return str(self._said("GetImportStagingErrorFileUrl", body, str))

    def generate_error_keys(self, execution_id: str, entity: str) -> bool:
        """Have F&O write the keys of an entity's failed rows to a file; False when no row failed."""
        body = {"executionId": execution_id, "entityName": entity}
        action = "GenerateImportTargetErrorKeysFile"
        return answers.is_true(self._connection.act(action, body), action)

    def error_keys_url(self, execution_id: str, entity: str) -> str:
        """Return the URL of the failed rows' keys; empty while F&O writes them."""
        return self._text("GetImportTargetErrorKeysFileUrl", {"executionId": execution_id, "entityName": entity})

    def project_entities(self, data_project: str) -> list[ProjectEntity]:
        """Return the entities of a data project; empty when there is no such project (fno-behaviour 1.11)."""
        tried = f"the entities of data project {data_project}"
        where = ("DefinitionGroupId", data_project)
        return self._connection.rows("DataManagementDefinitionGroupDetails", where, ProjectEntity.from_row, tried)

    def entity_sequence(self, entities: Iterable[str]) -> list[EntityPlace]:
        """Return the order in which F&O would import entities, given by label (fno-behaviour 9.9)."""
        labels = ",".join(entities)
        text = self._text("GetEntitySequence", {"listOfDataEntities": labels})
        return answers.entity_places(text, f"GetEntitySequence for {labels}")

    def message_status(self, message_id: str) -> MessageStatus:
        """Return the status of a file in a recurring data job's queue (fno-behaviour 5.12)."""
        return MessageStatus(self._text("GetMessageStatus", {"messageId": message_id}))

    def message_execution(self, message_id: str) -> str:
        """Return the id of the execution that took a queued file; empty while none has."""
        execution_id = self._text("GetExecutionIdByMessageId", {"_messageId": message_id})
        return "" if execution_id == answers.NO_EXECUTION else execution_id

    def versions(self) -> Versions:
        """Return the versions that the environment runs (fno-behaviour 1.17)."""
        names = ("GetApplicationVersion", "GetApplicationBuildVersion", "GetPlatformBuildVersion")
        return Versions(*(self._text(name, of=ENTITY_LIST) for name in names))

    def refresh_entities(self, *, wait: bool = True) -> None:
        """Have F&O refresh its list of entities; without `wait` it answers before it does so."""
        action = "InitializeDataManagement" if wait else "InitializeDataManagementAsync"
        self._connection.act(action, timeout=self._connection.timeouts.submission)

    def actions(self) -> Actions:
        """Return the API's actions by name, each with its parameters' types by name (fno-behaviour 1.16)."""
        return self._signatures.actions()

    def _said(self, action: str, body: Mapping[str, Any], kind: Any) -> Any:
        """Return an action's value, which may be empty; NoAnswerError when it is of another kind, such as null."""
        value = self._connection.act(action, body)
        if not isinstance(value, kind):
            raise NoAnswerError(f"{action}: F&O's answer holds no value")
        return value

    def _text(self, action: str, body: Mapping[str, Any] | None = None, **options: Any) -> str:
        return str(self._connection.act(action, body, **options) or "")

    def _start(self, action: str, body: Body) -> str:
        execution_id = self._text(action, body, timeout=self._connection.timeouts.submission)
        if execution_id == answers.NO_EXECUTION:
            said = "it answered an id of zeros, which means that it started nothing"
            raise RefusedError(f"{action} for {body['executionId']}: F&O refused: {said}", said=said)
        return execution_id

    def _start_fitting(self, action: str, request: Request, usual: Iterable[str], *, look_up: bool = False) -> str:
        """Start an execution by the action's asynchronous form if wanted and possible, else by the action itself.

        `usual` are the action's parameters; with `look_up` they are read from the environment if it tells them.
        """
        names = [f"{action}Async"] * self._asynchronous + [action] * look_up
        fitted = self._signatures.fit(names, request) if names else None
        return self._start(*(fitted or (action, request.body(usual))))
