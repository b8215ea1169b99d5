"""A typed client of F&O's Data management package REST API."""

from landfall.fno.auth import EntraTokens, Identity
from landfall.fno.client import FnoClient
from landfall.fno.connection import Pause, Timeouts
from landfall.fno.models import (
    EntityResult,
    ExecutionStatus,
    ExportRequest,
    ImportRequest,
    ProjectEntity,
    WriteUrl,
)

__all__ = [
    "EntityResult",
    "EntraTokens",
    "ExecutionStatus",
    "ExportRequest",
    "FnoClient",
    "Identity",
    "ImportRequest",
    "Pause",
    "ProjectEntity",
    "Timeouts",
    "WriteUrl",
]
