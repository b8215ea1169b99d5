"""The engine's calls into the app: orchestrators, entities and activities; and call_http."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from azure.functions.meta import Datum

from local.host.app.function import Function
from local.host.app.index import AppIndex
from local.host.app.invoker import Invoke
from local.host.durable.actions import missing_function
from local.host.durable.engine import Calls


def build_calls(index: AppIndex, invoke: Invoke) -> Calls:
    """Return the calls for an app."""

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
    """Send an orchestrator's call_http and return the answer; a 202 is not polled, since version 1.7 does not either.

    Raises:
        ValueError: the request has a token source, which needs a managed identity.
    """
    request = json.loads(text or "{}")
    if request.get("tokenSource"):
        raise ValueError(
            "call_http cannot use a token source: a local run has no managed identity. Send the request without one."
        )
    content = request.get("content")
    body = content if isinstance(content, str) or content is None else json.dumps(content)
    async with (
        aiohttp.ClientSession() as session,
        session.request(request["method"], request["uri"], headers=request.get("headers") or {}, data=body) as response,
    ):
        return json.dumps(
            {"statusCode": response.status, "headers": dict(response.headers), "content": await response.text()}
        )


def _find(index: AppIndex, kind: str, name: str) -> Function:
    function = index.durable(kind, name)
    if function is None:
        raise LookupError(missing_function(kind, name))
    return function
