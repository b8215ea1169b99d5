"""Imports: a place for a package, and the call that takes it in."""

import json

from landfall.fno.connection import Connection
from landfall.fno.errors import NoAnswerError
from landfall.fno.models import ImportRequest, WriteUrl


class Imports(Connection):
    """What an import needs."""

    def write_url(self, file_name: str) -> WriteUrl:
        """A place for a package, open for about thirty minutes (fno-behaviour 7.1)."""
        answer = self._act("GetAzureWriteUrl", {"uniqueFileName": file_name})
        try:
            place = answer if isinstance(answer, dict) else json.loads(str(answer))
            return WriteUrl(str(place["BlobId"]), str(place["BlobUrl"]))
        except (ValueError, LookupError, TypeError):
            raise NoAnswerError(f"GetAzureWriteUrl for {file_name}: F&O's answer names no place") from None

    def import_package(self, request: ImportRequest) -> str:
        """Start an import; the execution's id. NoAnswerError means that it may have started."""
        return self._start("ImportFromPackage", request.body())
