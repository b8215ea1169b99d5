"""Exports: the calls that start one, where its package lies, and what the next one brings."""

from landfall.fno.answers import is_true
from landfall.fno.models import (
    ENTITIES,
    EXPORTING,
    IMPORTING,
    PREVIEW_COUNTS,
    ExportRequest,
    ImportRequest,
)
from landfall.fno.signatures import Signatures


class Exports(Signatures):
    """What an export needs. The calls that start one give its execution's id; after NoAnswerError it may run."""

    def export_package(self, request: ExportRequest) -> str:
        """Start an export of a data project, of some of its entities, or a preview (fno-behaviour 6.1, 1.16)."""
        if request.entities:
            return self._start("ExportToPackageAsync", request.body((*EXPORTING, ENTITIES)))
        if request.preview_count is None:
            return self._start(*self._fitted("ExportToPackage", request, EXPORTING))
        counted = (*EXPORTING, PREVIEW_COUNTS[0])
        return self._start(*self._fitted("ExportToPackagePreview", request, counted, look_up=True))

    def export_delta(self, request: ExportRequest) -> str:
        """Start an export of what changed, whatever the data project says of its entities (fno-behaviour 1.5).

        Raises:
            ValueError: the request is for a preview, which this action has not.
        """
        return self._start("ExportToPackageDelta", request.body((*EXPORTING, ENTITIES)))

    def export_from_package(self, request: ImportRequest) -> str:
        """Start an export of the entities and columns that a package's manifest names (fno-behaviour 1.5)."""
        return self._start("ExportFromPackage", request.body(IMPORTING))

    def exported_package_url(self, execution_id: str) -> str:
        """Where an exported package lies, readable for an hour; empty while it is being packed."""
        return str(self._act("GetExportedPackageUrl", {"executionId": execution_id}) or "")

    def reset_version_token(self, data_project: str, entity: str, source: str = "") -> bool:
        """Make an entity's next incremental export bring everything (fno-behaviour 6.2); whether F&O did so."""
        body = {"definitionGroupId": data_project, "entityName": entity, "sourceName": source}
        return is_true(self._act("ResetVersionToken", body))
