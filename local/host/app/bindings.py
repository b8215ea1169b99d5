"""Converts between binding data and Python with the converters of azure.functions and of its SDK types."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from azure.functions import get_binding_registry
from azure.functions.meta import Datum

Binding = Mapping[str, Any]

# Installed only where an app binds SDK types.
_sdk = importlib.import_module("azurefunctions.extensions.base") if find_spec("azurefunctions") else None


def converter(kind: str) -> Any:
    """Return the converter for a binding type."""
    return get_binding_registry().get(kind)  # type: ignore[no-untyped-call]


def implicit_output(of: Any) -> bool:
    """Whether a converter's trigger takes the function's return value without a $return binding."""
    # Converters that only read lack this method, or inherit an abstract one that returns None.
    return bool(getattr(of, "has_implicit_output", lambda: False)())


def sdk_converter(kind: str, annotation: Any) -> Any:
    """Return the converter for an SDK type, which gets a reference instead of the content; None for other types."""
    if _sdk is None or not _sdk.get_binding_registry().check_supported_type(annotation):
        return None
    return _sdk.get_binding_registry().get(kind)


def decode(binding: Binding, annotation: Any, data: Datum, metadata: Mapping[str, Datum]) -> Any:
    """Return the argument for one binding's data.

    Raises:
        ValueError: the converter cannot build the annotated type.
    """
    kind = str(binding["type"])
    for_sdk = sdk_converter(kind, annotation)
    if for_sdk is not None:
        return for_sdk.decode(data, trigger_metadata=metadata, pytype=annotation)
    if annotation in (str, bytes) and not implicit_output(converter(kind)):
        return data.value
    return converter(kind).decode(data, trigger_metadata=metadata)


def encode(kind: str, value: Any) -> Datum:
    """Return a value as binding data.

    Raises:
        TypeError: the binding does not take this type.
    """
    try:
        data: Datum = converter(kind).encode(value, expected_type=None)
    except NotImplementedError:
        raise TypeError(f"a {kind} binding cannot take a {type(value).__name__}") from None
    return data
