"""A typed client of F&O's Data management package REST API."""

from landfall.fno.auth import EntraTokens, Identity
from landfall.fno.client import FnoClient
from landfall.fno.models import EntityResult, ExecutionStatus, ImportRequest, WriteUrl

__all__ = [
    "EntityResult",
    "EntraTokens",
    "ExecutionStatus",
    "FnoClient",
    "Identity",
    "ImportRequest",
    "WriteUrl",
]
