"""Loads an app folder's function_app.py and lists its functions."""

from __future__ import annotations

import importlib.util
import inspect
import json
import logging
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from local.host.app.checks import AppError, check_function, is_out, type_hints
from local.host.app.function import Function
from local.host.app.invocations import importing
from local.host.app.refusals import refusal_of
from local.host.app.retries import policy_of

log = logging.getLogger("Host.Startup")

DURABLE_KINDS = {
    "activityTrigger": ("activity", "activity"),
    "orchestrationTrigger": ("orchestrator", "orchestration"),
    "entityTrigger": ("entity", "entityName"),
}
TRIGGERS = {"httpTrigger", "blobTrigger", "timerTrigger", "queueTrigger", *DURABLE_KINDS}
INPUTS = {"durableClient", "blob"}
OUTPUTS = {"http", "blob", "queue"}


@dataclass
class AppIndex:
    """All functions of an app."""

    functions: list[Function] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Function]:
        """Return the functions with a trigger of this type."""
        return [function for function in self.functions if function.kind == kind]

    def durable(self, kind: str, name: str) -> Function | None:
        """Return the `activity`, `orchestrator` or `entity` of this name, in any letter case; None if there is none."""
        for function in self.functions:
            role, key = DURABLE_KINDS.get(function.kind, ("", ""))
            if role == kind and str(function.trigger.get(key) or function.name).lower() == name.lower():
                return function
        return None

    def has(self, kind: str, name: str) -> bool:
        """Whether `durable` finds a function."""
        return self.durable(kind, name) is not None


def load_app(folder: Path) -> AppIndex:
    """Import a folder's function_app.py, as the Functions worker does, and return its functions.

    The folder becomes the working directory and the first entry of sys.path.

    Raises:
        AppError: the file is missing, it does not define exactly one app, or this host cannot run a function.
    """
    script = folder / os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    if not script.exists():
        raise AppError(f"{script} not found. Pass the folder that holds function_app.py.")
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    with importing():
        module = _import(script)
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len({id(app) for app in apps}) != 1:
        raise AppError(f"{script} must define exactly one FunctionApp or DFApp at top level, but defines {len(apps)}.")
    return index_functions(apps[0].get_functions())


def index_functions(functions: Iterable[Any]) -> AppIndex:
    """Return the functions that `FunctionRegister.get_functions` lists, without those that Azure would disable.

    Raises:
        AppError: this host cannot run a function.
    """
    taken: list[Function] = []
    for function in map(_describe, functions):
        refusal = refusal_of(function, taken)
        if refusal is None:
            taken.append(function)
        else:
            log.error("%s", refusal)
            log.warning("Function 'Functions.%s' failed indexing and will be disabled.", function.name)
    return AppIndex(taken)


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
    inputs = tuple(each for each in others if not is_out(each))
    outputs = tuple(each for each in others if is_out(each))
    for binding, supported in (
        (trigger, TRIGGERS),
        *((each, INPUTS) for each in inputs),
        *((each, OUTPUTS) for each in outputs),
    ):
        if binding["type"] not in supported:
            raise AppError(
                f"Function '{name}': this host has no {binding['type']} binding. It has {', '.join(sorted(supported))}."
            )
    call = function.get_user_function()
    hints = type_hints(name, call)
    check_function(name, call, hints, bindings)
    return Function(
        name=name,
        call=call,
        trigger=trigger,
        inputs=inputs,
        outputs=outputs,
        annotations=hints,
        is_async=inspect.iscoroutinefunction(call),
        retry=policy_of(function.get_settings_dict("retry_policy"), f"Function '{name}'"),
        wants_context="context" in inspect.signature(call).parameters
        and all(each["name"] != "context" for each in bindings),
    )
