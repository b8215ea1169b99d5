"""The checks of the Functions worker when it loads a function, so that a mistake shows before the deployment."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func

from local.host.app.bindings import Binding, converter, implicit_output, sdk_converter


class AppError(Exception):
    """The app cannot run; the message says why and what to do."""


def type_hints(name: str, call: Callable[..., Any]) -> dict[str, Any]:
    """Return a function's annotations.

    Raises:
        AppError: an annotation uses a name that does not exist when the function is loaded.
    """
    try:
        return typing.get_type_hints(call)
    except (NameError, TypeError) as error:
        raise AppError(f"Function '{name}': cannot read its annotations: {error}.") from error


def check_function(name: str, call: Callable[..., Any], hints: Mapping[str, Any], bindings: list[Binding]) -> None:
    """Check that a function's parameters and annotations fit its bindings.

    Raises:
        AppError: they do not fit.
    """
    parameters = set(inspect.signature(call).parameters)
    bound = {str(each["name"]): each for each in bindings if each["name"] != "$return"}
    for missing in sorted(set(bound) - parameters):
        raise AppError(f"Function '{name}' has a binding named '{missing}', but no parameter of that name.")
    context = hints.get("context", func.Context) if "context" in parameters - set(bound) else func.Context
    if context.__name__ != "Context":
        raise AppError(f"Function '{name}': its parameter 'context' must be annotated with azure.functions.Context.")
    for unbound in sorted(parameters - set(bound) - {"context"}):
        raise AppError(f"Function '{name}': no binding fills its parameter '{unbound}'.")
    for parameter, binding in bound.items():
        if parameter in hints:
            _check_parameter(f"Function '{name}', parameter '{parameter}'", binding, hints[parameter])
    returned = [each for each in bindings if each["name"] == "$return"]
    if returned and "return" in hints:
        _check_return(f"Function '{name}'", returned[0], hints["return"])


def is_out(binding: Binding) -> bool:
    """Whether a binding is an output."""
    return str(binding["direction"]).upper() in ("1", "OUT")


def _check_parameter(where: str, binding: Binding, hint: Any) -> None:
    declared_out = getattr(typing.get_origin(hint) or hint, "__name__", "") == "Out"
    if declared_out != is_out(binding):
        should = "azure.functions.Out" if is_out(binding) else "the type of its input, not azure.functions.Out"
        raise AppError(f"{where} must be annotated with {should}.")
    wanted = typing.get_args(hint)[0] if declared_out and typing.get_args(hint) else hint
    if not _is_type(wanted):
        raise AppError(f"{where}: the worker does not support the annotation {hint}. Use one type.")
    kind = str(binding["type"])
    if wanted in (str, bytes) and not implicit_output(converter(kind)):
        return
    for_sdk = sdk_converter(kind, wanted)
    check = (
        for_sdk.check_input_type_annotation
        if for_sdk is not None
        else converter(kind).check_output_type_annotation
        if declared_out
        else converter(kind).check_input_type_annotation
    )
    try:
        fits = check(wanted)
    except TypeError:  # converters ask issubclass, which wants plain classes
        fits = False
    if not fits:
        raise AppError(f"{where}: a {kind} binding does not support the type {_type_name(wanted)}.")


def _check_return(where: str, binding: Binding, hint: Any) -> None:
    if not isinstance(hint, type) or not converter(binding["type"]).check_output_type_annotation(hint):
        raise AppError(f"{where}: a {binding['type']} binding does not support the return type {_type_name(hint)}.")


def _is_type(hint: Any) -> bool:
    # The worker takes generics of `typing`, but no built-in ones and no unions (azure-functions-durable-python #468).
    built_in = isinstance(hint, types.GenericAlias | types.UnionType) or typing.get_origin(hint) is typing.Union
    return isinstance(hint, type) or (typing.get_origin(hint) is not None and not built_in)


def _type_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and typing.get_origin(hint) is None else str(hint)
