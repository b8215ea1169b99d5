"""What Azure refuses of a single function when it indexes an app, in its own words; the other functions run.

The host checks names and routes (azure-functions-host: `Utility`, `WorkerFunctionMetadataProvider`, `ScriptHost`). Then
each trigger's extension says which names it fills with data of its own, and a trigger parameter of such a name must
have that data's type (azure-webjobs-sdk: `DataBindingProvider`). It reads the trigger's settings too
(azure-webjobs-sdk-extensions: `TimerSchedule`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import UTC

from local.host.app.function import Function
from local.host.settings import SETTING, SettingsError, resolve
from local.host.triggers.schedules import parse_schedule

_FUNCTION_NAME = re.compile(r"(?!host$)[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
_BINDING_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]{0,127}|\$return")
_PATH_NAME = re.compile(r"\{\*{0,2}(\w+)[^{}]*\}")

STRING = "System.String"
_TYPES = {
    "httpTrigger": "Microsoft.AspNetCore.Http.HttpRequest",
    "timerTrigger": "Microsoft.Azure.WebJobs.TimerInfo",
    "blobTrigger": "System.IO.Stream",
}
"""The .NET type of a trigger's parameter; a string for all others."""
_EXTENSION_DATA = {
    "activityTrigger": {"data": "Newtonsoft.Json.Linq.JValue", "instanceid": STRING},
    "httpTrigger": dict.fromkeys(("headers", "query"), "System.Collections.Generic.IDictionary"),
    "timerTrigger": {"timertrigger": STRING},
    "queueTrigger": {
        "dequeuecount": "System.Int64",
        **dict.fromkeys(("expirationtime", "insertiontime", "nextvisibletime"), "System.DateTimeOffset"),
    },
    "blobTrigger": {
        "blobtrigger": STRING,
        "uri": "System.Uri",
        "properties": "Azure.Storage.Blobs.Models.BlobProperties",
        "metadata": "System.Collections.Generic.IDictionary",
    },
}
"""The names that an extension fills, in lower case, and the type of what it fills them with."""


def refusal_of(function: Function, earlier: Iterable[Function]) -> str | None:
    """Return the error for which Azure disables a function; None when it takes it.

    `earlier` are the app's functions before it, which Azure has taken.
    """
    if not _FUNCTION_NAME.fullmatch(function.name):
        return _in_error(function, f"'{function.name}' is not a valid function name.")
    names = [str(each["name"]) for each in function.bindings]
    for name in names:
        if not _BINDING_NAME.fullmatch(name):
            return _in_error(
                function, f"The binding name {name} is invalid. Please assign a valid name to the binding."
            )
        if [each.lower() for each in names].count(name.lower()) > 1:
            found = f"Multiple bindings with name '{name}' discovered. Binding names must be unique."
            return _in_error(function, found)
    if function.kind == "httpTrigger" and (conflict := _route_conflict(function, earlier)):
        return _in_error(function, conflict)
    return _wrong_trigger_name(function) or _wrong_setting(function)


def _in_error(function: Function, why: str) -> str:
    return f"The '{function.name}' function is in error: {why}"


def _route_conflict(function: Function, earlier: Iterable[Function]) -> str | None:
    route, methods = _route(function)
    if route.startswith(("admin", "runtime")):
        return "The specified route conflicts with one or more built in routes."
    for other in earlier:
        if other.kind != "httpTrigger":
            continue
        taken, taken_methods = _route(other)
        if route == taken and (not methods or not taken_methods or methods & taken_methods):
            return f"The route specified conflicts with the route defined by function '{other.name}'."
    return None


def _route(function: Function) -> tuple[str, set[str]]:
    route = str(function.trigger.get("route") or function.name).strip("/").lower()
    return route, {str(method).upper() for method in function.trigger.get("methods") or ()}


def _wrong_trigger_name(function: Function) -> str | None:
    name = str(function.trigger["name"])
    wanted = _type_of_parameter(function)
    path = function.trigger.get("route") or function.trigger.get("path") or ""
    filled = {
        **_EXTENSION_DATA.get(function.kind, {}),
        **{each.lower(): STRING for each in _PATH_NAME.findall(str(path))},
    }
    # Azure would take an activity's input named instanceId, and only the order of two lines of the extension decides
    # whether the function gets its input or the instance's id. So this host refuses it.
    fits = filled.get(name.lower(), wanted) == wanted and function.kind != "activityTrigger"
    if fits or name.lower() not in filled:
        return None
    return _not_indexed(function, f"Can't bind parameter '{name}' to type '{wanted}'.")


def _wrong_setting(function: Function) -> str | None:
    for key in ("schedule", "path", "queueName"):
        for setting in SETTING.findall(str(function.trigger.get(key) or "")):
            if setting not in os.environ:
                return _not_indexed(function, f"'%{setting}%' does not resolve to a value.")
    if function.kind != "timerTrigger":
        return None
    schedule = resolve(str(function.trigger["schedule"]), function.name)
    try:
        parse_schedule(schedule, UTC, function.name)
    except SettingsError:
        wrong = (
            f"The schedule expression '{schedule}' was not recognized as a valid cron expression or timespan string."
        )
        return _not_indexed(function, wrong)
    return None


def _not_indexed(function: Function, why: str) -> str:
    return f"Error indexing method 'Functions.{function.name}': {why}"


def _type_of_parameter(function: Function) -> str:
    if function.kind == "blobTrigger" and function.by_reference(function.trigger):
        return "Microsoft.Azure.WebJobs.ParameterBindingData"
    return _TYPES.get(function.kind, STRING)
