"""Error files: what F&O says about records that it refused."""

import hashlib
import json
import re

from landfall.fno.answers import is_true
from landfall.fno.connection import Connection

STAGING = "staging-errors"
"""The rows that did not reach staging."""
KEYS = "error-keys"
"""The keys of rows that did not reach the target."""


def error_file_name(prefix: str, entity: str) -> str:
    """A label as part of a blob's name: F&O's labels hold slashes (Country/regions) and letters of any language.

    Labels that differ only in what a name cannot hold are told apart by a hash.
    """
    slug = re.sub(r"[^\w-]+", "-", entity)
    if slug != entity.replace(" ", "-"):
        slug += f"-{hashlib.sha256(entity.encode()).hexdigest()[:8]}"
    return f"{prefix}-{slug}.txt"


class ErrorFiles(Connection):
    """What explains an execution's failures."""

    def errors(self, execution_id: str) -> str:
        """The messages of an execution, as F&O wrote them: JSON that is not always valid (fno-behaviour 4.1)."""
        said = self._act("GetExecutionErrors", {"executionId": execution_id}) or ""
        return said if isinstance(said, str) else json.dumps(said)

    def staging_errors_url(self, execution_id: str, entity: str) -> str:
        """Where the rows lie that did not reach staging; empty when there are none."""
        return str(self._act("GetImportStagingErrorFileUrl", _of(execution_id, entity)) or "")

    def generate_error_keys(self, execution_id: str, entity: str) -> bool:
        """Have the keys of an entity's failed rows written to a file; False when none failed."""
        return is_true(self._act("GenerateImportTargetErrorKeysFile", _of(execution_id, entity)))

    def error_keys_url(self, execution_id: str, entity: str) -> str:
        """Where the keys of the failed rows lie; empty while they are being written."""
        return str(self._act("GetImportTargetErrorKeysFileUrl", _of(execution_id, entity)) or "")


def _of(execution_id: str, entity: str) -> dict[str, str]:
    return {"executionId": execution_id, "entityName": entity}
