"""Executions: how they stand, and what they did."""

from typing import Any
from urllib.parse import urlsplit

from landfall.fno.connection import Connection
from landfall.fno.models import EntityResult, ExecutionStatus

DETAILS = "DataManagementExecutionJobDetails"
PORTS = {"http": 80, "https": 443}


class Executions(Connection):
    """What is known of executions."""

    def status(self, execution_id: str) -> ExecutionStatus:
        """Where an execution stands; ExecutionUnknownError when F&O has none of this id (yet)."""
        return ExecutionStatus(
            str(self._act("GetExecutionSummaryStatus", {"executionId": execution_id}) or "")
        )

    def entity_results(self, execution_id: str) -> list[EntityResult]:
        """What an execution did with each of its entities, in the order F&O gives."""
        tried = f"the results of execution {execution_id}"
        return self._rows(DETAILS, ("JobId", execution_id), EntityResult.from_row, tried)

    def executions(self, data_project: str) -> dict[str, list[EntityResult]]:
        """The executions of a data project that F&O still has, by id, each with its entities (fno-behaviour 4.6)."""
        tried = f"the executions of data project {data_project}"
        found: dict[str, list[EntityResult]] = {}
        for execution_id, result in self._rows(DETAILS, ("DefinitionGroupId", data_project), _of, tried):
            found.setdefault(execution_id, []).append(result)
        return found

    def entity_statuses(self, execution_id: str) -> list[str]:
        """A text per entity; what stands in it is not published (fno-behaviour 9.5): see `entity_results`."""
        said = self._act("GetEntityExecutionSummaryStatusList", {"executionId": execution_id}) or []
        return [str(each) for each in said] if isinstance(said, list) else [str(said)]

    def execution_page(self, execution_id: str) -> str | None:
        """An execution's page in F&O's web client, for people; None for an address outside the environment."""
        page = str(self._act("GetExecutionSummaryPageUrl", {"executionId": execution_id}) or "")
        return page if _origin_of(page) == _origin_of(self._origin) else None

    def delete_execution(self, execution_id: str) -> None:
        """Remove an execution from F&O's job history (fno-behaviour 1.5)."""
        self._act("DeleteExecutionHistoryJob", {"executionId": execution_id})


def _of(row: dict[str, Any]) -> tuple[str, EntityResult]:
    return str(row["JobId"]), EntityResult.from_row(row)


def _origin_of(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None for what is no address, or names a user."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if port is None or "@" in parts.netloc else (parts.scheme, parts.hostname, port)
