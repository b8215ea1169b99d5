"""Records as JSON, for the ledger, durable history and HTTP."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from landfall.records.runs import PublicRun, Run

Record = TypeVar("Record")

_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def to_json(record: object) -> dict[str, Any]:
    """Any record as plain JSON data."""
    data: dict[str, Any] = _adapter(type(record)).dump_python(record, mode="json")
    return data


def to_public_json(run: Run) -> dict[str, Any]:
    """The public part of a run as plain JSON data."""
    data: dict[str, Any] = _adapter(PublicRun).dump_python(run, mode="json")
    return data


def from_json(kind: type[Record], data: Any) -> Record:
    """The record that `to_json` turned into this data; pydantic.ValidationError for data of another shape."""
    record: Record = _adapter(kind).validate_python(data)
    return record
