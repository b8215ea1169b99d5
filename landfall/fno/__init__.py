"""A typed client of F&O's Data management package REST API."""

from landfall.fno.auth import EntraTokens, Identity
from landfall.fno.client import FnoClient
from landfall.fno.connection import Pause, Timeouts
from landfall.fno.models import (
    EntityPlace,
    EntityResult,
    ExecutionStatus,
    ExportRequest,
    ImportRequest,
    MessageStatus,
    ProjectEntity,
    Versions,
    WriteUrl,
)

__all__ = [
    "EntityPlace",
    "EntityResult",
    "EntraTokens",
    "ExecutionStatus",
    "ExportRequest",
    "FnoClient",
    "Identity",
    "ImportRequest",
    "MessageStatus",
    "Pause",
    "ProjectEntity",
    "Timeouts",
    "Versions",
    "WriteUrl",
]
