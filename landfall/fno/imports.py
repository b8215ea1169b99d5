"""Imports: a place for a package, and the call that takes it in."""

import json

from landfall.fno.errors import NoAnswerError
from landfall.fno.models import IMPORTING, ImportRequest, WriteUrl
from landfall.fno.signatures import Signatures


class Imports(Signatures):
    """What an import needs. The calls that start one give its execution's id; after NoAnswerError it may run."""

    def write_url(self, file_name: str) -> WriteUrl:
        """A place for a package, open for about thirty minutes (fno-behaviour 7.1)."""
        answer = self._act("GetAzureWriteUrl", {"uniqueFileName": file_name})
        try:
            place = answer if isinstance(answer, dict) else json.loads(str(answer))
            return WriteUrl(str(place["BlobId"]), str(place["BlobUrl"]))
        except (ValueError, LookupError, TypeError):
            raise NoAnswerError(f"GetAzureWriteUrl for {file_name}: F&O's answer names no place") from None

    def import_package(self, request: ImportRequest) -> str:
        """Start an import of a package that was put where `write_url` said (fno-behaviour 2.5)."""
        return self._start(*self._fitted("ImportFromPackage", request, IMPORTING))

    def import_dmt_package(self, request: ImportRequest) -> str:
        """Start an import by the action that also takes a batch group (fno-behaviour 1.5)."""
        body = request.body((*IMPORTING, "importBatchGroupId", "failOnError"))
        return self._start("ImportFromDMTPackage", body)
