"""The engine's ways into the app: orchestrators, entities, activities, and call_http."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from azure.functions.meta import Datum

from local.host.app.index import AppIndex, Function
from local.host.app.invoker import Invoke
from local.host.durable.engine import Calls


def calls_into(index: AppIndex, invoke: Invoke) -> Calls:
    """Build the calls for an app."""

    async def run(kind: str, name: str, text: str | None) -> Any:
        function = _find(index, kind, name)
        metadata: Mapping[str, Datum] = {}
        answer = await invoke(function, Datum(text, "string"), metadata, "(null)")
        return answer.value

    async def orchestrator(name: str, text: str) -> str:
        return str(await run("orchestrator", name, text))

    async def entity(name: str, text: str) -> str:
        return str(await run("entity", name, text))

    async def activity(name: str, text: str | None) -> str | None:
        value = await run("activity", name, text)
        return None if value is None else str(value)

    return Calls(index, orchestrator, entity, activity, call_http)


async def call_http(_name: str, text: str | None) -> str:
    """Carry out an orchestrator's call_http; 202 is not polled, since 1.7 does not ask for it.

    Raises:
        ValueError: a token is asked for; there is no managed identity on a laptop.
    """
    request = json.loads(text or "{}")
    if request.get("tokenSource"):
        raise ValueError(
            "call_http with a token source needs a managed identity, which a local run does not have."
        )
    content = request.get("content")
    body = content if isinstance(content, str) or content is None else json.dumps(content)
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            request["method"], request["uri"], headers=request.get("headers") or {}, data=body
        ) as response,
    ):
        return json.dumps(
            {
                "statusCode": response.status,
                "headers": dict(response.headers),
                "content": await response.text(),
            }
        )


def _find(index: AppIndex, kind: str, name: str) -> Function:
    function = index.durable(kind, name)
    if function is None:
        raise LookupError(f"The function '{name}' doesn't exist, is disabled, or is not an {kind} function.")
    return function
