"""The names that Azure's management libraries for Python know of a resource type: what the other schemas lack."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from tests.infra.bicep import Choice

MODELS = {
    "Microsoft.Insights/actionGroups": ("azure.mgmt.monitor.v2023_01_01.models", "ActionGroupResource"),
    "Microsoft.Insights/diagnosticSettings": (
        "azure.mgmt.monitor.v2021_05_01_preview.models",
        "DiagnosticSettingsResource",
    ),
    "Microsoft.Insights/metricAlerts": ("azure.mgmt.monitor.v2018_03_01.models", "MetricAlertResource"),
    "Microsoft.Insights/scheduledQueryRules": (
        "azure.mgmt.monitor.v2022_08_01_preview.models",
        "ScheduledQueryRuleResource",
    ),
    "Microsoft.DurableTask/schedulers": ("azure.mgmt.durabletask.models", "Scheduler"),
    "Microsoft.DurableTask/schedulers/taskHubs": ("azure.mgmt.durabletask.models", "TaskHub"),
    "Microsoft.Network/privateDnsZones": ("azure.mgmt.privatedns.models", "PrivateZone"),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": (
        "azure.mgmt.privatedns.models",
        "VirtualNetworkLink",
    ),
}
OF_THE_ENVELOPE = {"name", "location", "tags", "properties"}


def misnamed(kind: str, body: dict[str, Any], where: str) -> list[str]:
    """The properties that a resource type's model does not have; it says nothing of what is required."""
    module, name = MODELS[kind]
    return list(_against_model(body, getattr(importlib.import_module(module), name), where))


def _fields(model: Any) -> dict[str, str]:
    """The names of a model's JSON, flattened ones with their dots, and the types of their values."""
    if hasattr(model, "_attribute_map"):
        return {each["key"].replace("\\.", "\0"): each["type"] for each in model._attribute_map.values()}
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        for name, hint in getattr(base, "__annotations__", {}).items():
            rest = base.__dict__.get(name)
            found[getattr(rest, "_rest_name_input", None) or name] = str(hint)
    return found


def _against_model(value: Any, model: Any, at: str, prefix: str = "") -> Iterator[str]:
    if isinstance(value, Choice | list):
        for each in value.values if isinstance(value, Choice) else value:
            yield from _against_model(each, model, at, prefix)
    if not isinstance(value, dict):
        return
    known = _fields(model)
    for name, each in value.items():
        path = f"{prefix}{name}".replace("odata.type", "odata\0type")
        if path in known:
            if inner := _inner_model(model, known[path], each):
                yield from _against_model(each, inner, f"{at}.{name}")
        elif any(field.startswith(f"{path}.") for field in known):
            yield from _against_model(each, model, f"{at}.{name}", f"{path}.")
        elif path not in OF_THE_ENVELOPE:
            yield f"{at}.{name}: no such property"


def _inner_model(model: Any, kind: str, value: Any) -> Any:
    """The model of a field's values, where they are objects; of a family, the one that the value says it is."""
    names = re.findall(r"[A-Z]\w+", kind.replace("_models.", ""))
    module = importlib.import_module(model.__module__.rpartition(".")[0])
    inner = next((getattr(module, each) for each in names if hasattr(module, each)), None)
    family = getattr(inner, "_subtype_map", None)
    told = value[0] if isinstance(value, list) and value else value
    if family and isinstance(told, dict):
        key, members = next(iter(family.items()))
        discriminator = inner._attribute_map[key]["key"].replace("\\", "")  # type: ignore[union-attr]
        name = members.get(told.get(discriminator))
        return getattr(module, name) if name else inner
    return inner if inner is not None and not hasattr(inner, "__members__") else None
