"""Conditional writes to the ledger's table, beside those of runs."""

from collections.abc import Mapping
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.data.tables import TableClient, UpdateMode


def put(table: TableClient, row: Mapping[str, Any], etag: str | None) -> bool:
    """Write a row over the one with this ETag (None: there was none); False when another writer was faster."""
    try:
        if etag is None:
            table.create_entity(row)
        else:
            table.update_entity(row, mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified)
    except (ResourceExistsError, ResourceModifiedError):
        return False
    return True
