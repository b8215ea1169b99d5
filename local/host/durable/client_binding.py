"""The data of a durable client binding: the task hub's name and the URLs of its HTTP API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

WEBHOOK = "/runtime/webhooks/durabletask"
PLACEHOLDER = "INSTANCEID"


@dataclass
class ClientBinding:
    """Builds the URLs: with a key under the webhook path for people, without a key under `rpc_path` for the SDK.

    `origin` is set when the port is known.
    """

    origin: str
    hub: str
    key: str
    rpc_path: str

    def management_urls(self, instance: str) -> dict[str, str]:
        """Return the URLs of one instance; the caller fills placeholders such as {text}."""
        base = f"{self.origin}{WEBHOOK}/instances/{instance}"
        query = f"taskHub={self.hub}&connection=Storage&code={self.key}"
        return {
            "id": instance,
            "statusQueryGetUri": f"{base}?{query}",
            "sendEventPostUri": f"{base}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{base}/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{base}/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{base}?{query}",
            "restartPostUri": f"{base}/restart?{query}",
            "suspendPostUri": f"{base}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{base}/resume?reason={{text}}&{query}",
        }

    def payload(self) -> str:
        """Return the JSON text that DurableOrchestrationClient reads."""
        query = f"code={self.key}"
        create = f"{self.origin}{WEBHOOK}/orchestrators/{{functionName}}[/{{instanceId}}]?{query}"
        body: dict[str, Any] = {
            "taskHubName": self.hub,
            "connectionName": "Storage",
            "creationUrls": {
                "createNewInstancePostUri": create,
                "createAndWaitOnNewInstancePostUri": create
                + "&timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}",
            },
            "managementUrls": self.management_urls(PLACEHOLDER),
            "baseUrl": f"{self.origin}{WEBHOOK}/",
            "requiredQueryStringParameters": query,
            "rpcBaseUrl": f"{self.origin}{self.rpc_path}/",
            "httpBaseUrl": f"{self.origin}{self.rpc_path}/",
        }
        return json.dumps(body)
