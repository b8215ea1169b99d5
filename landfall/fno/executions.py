"""Executions: how they stand, and what they did."""

from urllib.parse import urlsplit

from landfall.fno.connection import Connection
from landfall.fno.models import EntityResult, ExecutionStatus

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
        return self._rows(
            "DataManagementExecutionJobDetails",
            ("JobId", execution_id),
            EntityResult.from_row,
            f"the results of execution {execution_id}",
        )

    def execution_page(self, execution_id: str) -> str | None:
        """An execution's page in F&O's web client, for people; None for an address outside the environment."""
        page = str(self._act("GetExecutionSummaryPageUrl", {"executionId": execution_id}) or "")
        return page if _origin_of(page) == _origin_of(self._origin) else None


def _origin_of(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None for what is no address, or names a user."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if port is None or "@" in parts.netloc else (parts.scheme, parts.hostname, port)
