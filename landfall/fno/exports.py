"""Exports: the calls that start one, where its package lies, and what the next one brings."""

from landfall.fno.answers import is_true
from landfall.fno.connection import Connection
from landfall.fno.models import ExportRequest


class Exports(Connection):
    """What an export needs."""

    def export_package(self, request: ExportRequest) -> str:
        """Start an export or a preview; the execution's id. NoAnswerError means that it may have started."""
        if request.entities:
            return self._start("ExportToPackageAsync", request.body())
        preview = request.preview_count is not None
        return self._start("ExportToPackagePreview" if preview else "ExportToPackage", request.body())

    def exported_package_url(self, execution_id: str) -> str:
        """Where an exported package lies, readable for an hour; empty while it is being packed."""
        return str(self._act("GetExportedPackageUrl", {"executionId": execution_id}) or "")

    def reset_version_token(self, data_project: str, entity: str, source: str = "") -> bool:
        """Make an entity's next incremental export bring everything (fno-behaviour 6.2); whether F&O did so."""
        body = {"definitionGroupId": data_project, "entityName": entity, "sourceName": source}
        return is_true(self._act("ResetVersionToken", body))
