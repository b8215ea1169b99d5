"""Loads an app folder's function_app.py, unchanged, and lists what it has."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from local.host.retries import RetryPolicy, policy_of

Binding = Mapping[str, Any]

DURABLE_KINDS = {
    "activityTrigger": ("activity", "activity"),
    "orchestrationTrigger": ("orchestrator", "orchestration"),
    "entityTrigger": ("entity", "entityName"),
}
TRIGGERS = {"httpTrigger", "blobTrigger", "timerTrigger", "queueTrigger", *DURABLE_KINDS}
INPUTS = {"durableClient", "blob"}
OUTPUTS = {"http", "blob", "queue"}


class AppError(Exception):
    """The app cannot be run; the message says why and what to do."""


@dataclass(frozen=True)
class Function:
    """One function of the app: its code, its trigger's binding, the other bindings, its annotations."""

    name: str
    call: Callable[..., Any]
    trigger: Binding
    inputs: tuple[Binding, ...]
    outputs: tuple[Binding, ...]
    annotations: Mapping[str, Any]
    is_async: bool
    wants_context: bool
    retry: RetryPolicy | None = None

    @property
    def kind(self) -> str:
        """The trigger's type, such as `blobTrigger`."""
        return str(self.trigger["type"])


@dataclass
class AppIndex:
    """All functions of an app."""

    functions: list[Function] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Function]:
        """Functions with a trigger of this type."""
        return [function for function in self.functions if function.kind == kind]

    def durable(self, kind: str, name: str) -> Function | None:
        """Find an `activity`, `orchestrator` or `entity` by its name, whatever the case."""
        for function in self.functions:
            role, key = DURABLE_KINDS.get(function.kind, ("", ""))
            if role == kind and str(function.trigger.get(key) or function.name).lower() == name.lower():
                return function
        return None

    def has(self, kind: str, name: str) -> bool:
        """Whether `durable` finds something."""
        return self.durable(kind, name) is not None


def load_app(folder: Path) -> AppIndex:
    """Import function_app.py of a folder, as the Functions worker does, and index its functions.

    The folder becomes the working directory and the first entry of sys.path.

    Raises:
        AppError: there is no such file, no single app object in it, or a function needs what this host does not have.
    """
    script = folder / os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    if not script.exists():
        raise AppError(f"{script} not found; name the folder that holds function_app.py.")
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    module = _import(script)
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len({id(app) for app in apps}) != 1:
        raise AppError(
            f"{script} must define exactly one FunctionApp or DFApp at top level; it has {len(apps)}."
        )
    return index_functions(apps[0].get_functions())


def index_functions(functions: Iterable[Any]) -> AppIndex:
    """List what `FunctionRegister.get_functions` gave, and check that this host can run it.

    Raises:
        AppError: a binding is of a type that this host does not have.
    """
    return AppIndex([_describe(function) for function in functions])


def _import(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(script.stem, script)
    if spec is None or spec.loader is None:
        raise AppError(f"{script} cannot be imported as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[script.stem] = module
    spec.loader.exec_module(module)
    return module


def _describe(function: Any) -> Function:
    name = function.get_function_name()
    trigger_name = function.get_trigger().name
    bindings = [json.loads(raw) for raw in function.get_raw_bindings()]
    trigger = next(each for each in bindings if each["name"] == trigger_name)
    others = [each for each in bindings if each is not trigger]
    inputs = tuple(each for each in others if str(each["direction"]).upper() in ("0", "IN"))
    outputs = tuple(each for each in others if each not in inputs)
    for binding, known in (
        (trigger, TRIGGERS),
        *((each, INPUTS) for each in inputs),
        *((each, OUTPUTS) for each in outputs),
    ):
        if binding["type"] not in known:
            raise AppError(
                f"Function '{name}': this host has no {binding['type']} binding; it has {', '.join(sorted(known))}."
            )
    call = function.get_user_function()
    parameters = inspect.signature(call).parameters
    wanted = [each["name"] for each in (trigger, *inputs, *outputs) if each["name"] != "$return"]
    missing = [each for each in wanted if each not in parameters]
    if missing:
        raise AppError(
            f"Function '{name}' has no parameter '{missing[0]}', which its binding of that name fills."
        )
    return Function(
        name=name,
        call=call,
        trigger=trigger,
        inputs=inputs,
        outputs=outputs,
        annotations=_annotations(call),
        is_async=inspect.iscoroutinefunction(call),
        retry=policy_of(function.get_settings_dict("retry_policy"), f"Function '{name}'"),
        wants_context="context" in parameters and all(each["name"] != "context" for each in bindings),
    )


def _annotations(call: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(call)
    except (NameError, TypeError):
        # Names that exist only for type checkers; what is no string can still be used.
        return {
            name: hint
            for name, hint in getattr(call, "__annotations__", {}).items()
            if not isinstance(hint, str)
        }
