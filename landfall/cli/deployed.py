"""Compares what Azure says of a deployment with what infra/ creates, through the Azure CLI."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from landfall.cli.azure_cli import Az, AzError
from landfall.cli.findings import Finding
from landfall.config.plan_file import DEFAULT_FILE

ROLES = Path(__file__).parents[2] / "infra/roles.json"
NEEDED_ROLES = (
    ("storageBlobDataOwner", "/storageaccounts/sthost*"),
    ("storageQueueDataContributor", "/storageaccounts/sthost*"),
    ("storageTableDataContributor", "/storageaccounts/sthost*"),
    ("storageBlobDataContributor", "/containers/landing"),
    ("storageBlobDataContributor", "/containers/archive"),
    ("storageBlobDataContributor", "/containers/reports"),
    ("storageBlobDataContributor", "/containers/exports"),
    ("storageTableDataContributor", "/tables/runs"),
    ("storageQueueDataContributor", "/queues/webjobs-blobtrigger-poison"),
    ("storageQueueDataContributor", "/queues/webjobs-blobtrigger-poison-poison"),
    ("monitoringMetricsPublisher", "/components/appi-*"),
)
"""The roles that the app's identity has, and the ends of their scopes; * stands for the environment's token."""
SETTINGS = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "PYTHON_THREADPOOL_THREAD_COUNT",
    "FNO_URL",
    "FNO_CLIENT_ID",
    "FNO_AUTHORITY",
    "EXPORT_SCHEDULE",
    *(
        f"{connection}__{name}"
        for connection in ("AzureWebJobsStorage", "DataStorage")
        for name in ("blobServiceUri", "queueServiceUri", "tableServiceUri", "credential", "clientId")
    ),
}
"""The app settings that infra/app.bicep always gives."""
NAMED_SETTING = re.compile(r"^[^#\n]*%(\w+)%", re.MULTILINE)
OPENED = {"CreateFile", "SftpCreate"}
HEARTBEAT = """AppTraces | where TimeGenerated > ago(20m) | where Message startswith '{"event": "sweep"' | count"""
PROVISION = "Run azd provision."


class Deployed:
    """One deployment. A look that Azure refuses is a finding too."""

    def __init__(self, az: Az, group: str, app: str, topic: str) -> None:
        self._az = az
        self._group = f"/resourceGroups/{group}"
        self._site = f"{self._group}/providers/Microsoft.Web/sites/{app}"
        self._topic = f"{self._group}/providers/Microsoft.EventGrid/systemTopics/{topic}"

    def findings(self) -> Iterator[Finding]:
        """Look at events, roles, scaling, settings and log, each by itself."""
        looks: dict[str, Callable[[], tuple[str, str]]] = {
            "event subscription": self._events,
            "roles": self._roles,
            "always ready": self._scale,
            "app settings": self._settings,
            "log lines": self._log,
        }
        for name, look in looks.items():
            try:
                yield Finding(name, *look())
            except (AzError, LookupError, TypeError, ValueError) as error:
                todo = "azd hooks run postdeploy makes it." if name == "event subscription" else ""
                yield Finding(name, f"{type(error).__name__}: {error}", todo, skipped=not todo)

    def _events(self) -> tuple[str, str]:
        path = f"{self._topic}/eventSubscriptions/file-landed?api-version=2025-02-15"
        it = self._az.rest("get", path)["properties"]
        only = [each for each in it["filter"].get("advancedFilters") or [] if each["key"] == "data.api"]
        right = {
            "state Succeeded": it["provisioningState"] == "Succeeded",
            "only the container landing": it["filter"]["subjectBeginsWith"].endswith("/containers/landing/blobs/"),
            "only BlobCreated": it["filter"]["includedEventTypes"] == ["Microsoft.Storage.BlobCreated"],
            "not files that are only opened": [(each["operatorType"], set(each["values"])) for each in only]
            == [("StringNotIn", OPENED)],
            "dead letters": bool(it.get("deadLetterWithResourceIdentity")),
        }
        return _compared(right, "it announces whole files that land", "Run azd hooks run postdeploy.")

    def _roles(self) -> tuple[str, str]:
        ids = json.loads(ROLES.read_text(encoding="utf-8"))
        identities = self._az.rest("get", f"{self._site}?api-version=2024-11-01")["identity"]["userAssignedIdentities"]
        principal = next(iter(identities.values()))["principalId"]
        path = f"{self._group}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
        given = self._az.rest("get", f"{path}&$filter=principalId eq '{principal}'")["value"]
        have = [
            (each["properties"]["roleDefinitionId"].rpartition("/")[2], each["properties"]["scope"].lower())
            for each in given
        ]
        right = {
            f"{role} on {end.strip('/')}": any(role_id == ids[role] and _ends(scope, end) for role_id, scope in have)
            for role, end in NEEDED_ROLES
        }
        return _compared(right, f"{len(right)} role assignments", f"{PROVISION} New ones work after some minutes.")

    def _scale(self) -> tuple[str, str]:
        site = self._az.rest("get", f"{self._site}?api-version=2024-11-01")
        scale = site["properties"]["functionAppConfig"]["scaleAndConcurrency"]
        ready = {each["name"]: each["instanceCount"] for each in scale.get("alwaysReady") or []}
        http = ((scale.get("triggers") or {}).get("http") or {}).get("perInstanceConcurrency") or 0
        right = {"an instance for durable": ready.get("durable", 0) > 0, "several requests an instance": http > 1}
        return _compared(right, f"{ready.get('durable')} durable, {http} requests an instance", PROVISION)

    def _settings(self) -> tuple[str, str]:
        names = self._az.rest("post", f"{self._site}/config/appsettings/list?api-version=2024-11-01")["properties"]
        named = NAMED_SETTING.findall(DEFAULT_FILE.read_text(encoding="utf-8"))
        right = {name: name in names for name in sorted(SETTINGS.union(named))}
        todo = f"{PROVISION} Names in landfall.yaml belong into APP_SETTINGS or SECRET_SETTINGS."
        return _compared(right, f"{len(right)} settings are there", todo)

    def _log(self) -> tuple[str, str]:
        path = f"{self._group}/providers/Microsoft.OperationalInsights/workspaces?api-version=2025-02-01"
        workspace = self._az.rest("get", path)["value"][0]["properties"]["customerId"]
        url, body = f"https://api.loganalytics.io/v1/workspaces/{workspace}/query", json.dumps({"query": HEARTBEAT})
        told = self._az.rest("post", url, "--resource", "https://api.loganalytics.io", "--body", body)
        sweeps = int(told["tables"][0]["rows"][0][0])
        if sweeps:
            return f"{sweeps} sweeps told of in the last 20 minutes", ""
        todo = "Alerts read these lines. See the identity's role on Application Insights, and wait 5 minutes after a start."
        return "no sweep told of in the last 20 minutes", todo


def _compared(right: dict[str, bool], detail: str, todo: str) -> tuple[str, str]:
    missing = [name for name, is_right in right.items() if not is_right]
    return (f"missing: {', '.join(missing)}", todo) if missing else (detail, "")


def _ends(scope: str, end: str) -> bool:
    start, star, _ = end.partition("*")
    if not star:
        return scope.endswith(end)
    before, found, rest = scope.rpartition(start)
    return bool(before and found) and "/" not in rest
