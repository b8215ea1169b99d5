"""HTTP triggers: routes with constraints, methods, keys, and the conversion of requests and responses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web
from azure.functions.meta import Datum

from local.host.app.checks import AppError
from local.host.app.function import Function
from local.host.app.invoker import Invoke
from local.host.http.answers import FunctionResource
from local.host.http.keys import Keys
from local.host.settings import resolve

CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "bool": "(?i:true|false)",
    "alpha": "[A-Za-z]+",
    "guid": r"(?i:[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})",
    "float": r"-?\d+(?:\.\d+)?",
    "double": r"-?\d+(?:\.\d+)?",
    "decimal": r"-?\d+(?:\.\d+)?",
}
_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::([^{}?]+))?(\?)?\}")


def methods_of(function: Function) -> list[str]:
    """Return the methods that a function takes; `*` for all."""
    return [str(method).upper() for method in function.trigger.get("methods") or ["*"]]


def paths_of(function: Function, prefix: str) -> list[str]:
    """Return a function's route as aiohttp paths; an optional last parameter makes two.

    Raises:
        AppError: the route has a constraint that this host does not support.
    """
    route = resolve(str(function.trigger.get("route") or function.name), f"Function '{function.name}'").strip("/")
    path = "/" + "/".join(part for part in (prefix, route) if part)

    def parameter(match: re.Match[str]) -> str:
        star, name, constraint, _ = match.groups()
        if star:
            return f"{{{name}:.*}}"
        if constraint is None:
            return f"{{{name}}}"
        if constraint not in CONSTRAINTS:
            raise AppError(
                f"Function '{function.name}': this host does not support the route constraint '{constraint}'. "
                f"Use one of {', '.join(sorted(CONSTRAINTS))}."
            )
        return f"{{{name}:{CONSTRAINTS[constraint]}}}"

    paths = [_PARAMETER.sub(parameter, path)]
    optional = re.search(r"/\{(\*{1,2}\w+|[^{}]+\?)\}$", path)
    if optional:
        paths.append(_PARAMETER.sub(parameter, path[: optional.start()]) or "/")
    return paths


def add_routes(
    app: web.Application, functions: Sequence[Function], prefix: str, keys: Keys | None, invoke: Invoke
) -> None:
    """Add the routes of all HTTP functions; without `keys` no route requires a key."""
    routes = [(path, function) for function in functions for path in paths_of(function, prefix)]
    # As in ASP.NET, literal segments win over parameters, and parameters over the rest of the path.
    for path, function in sorted(
        routes, key=lambda route: [(".*" in part, "{" in part) for part in route[0].split("/")]
    ):
        resource = FunctionResource(path)
        for method in methods_of(function):
            resource.add_route(method, _handler(function, keys, invoke))
        app.router.register_resource(resource)


def _handler(function: Function, keys: Keys | None, invoke: Invoke) -> Callable[[web.Request], Awaitable[web.Response]]:
    level = str(function.trigger.get("authLevel") or "FUNCTION").lower()

    async def handle(request: web.Request) -> web.Response:
        if keys is not None and not keys.opens(request, level):
            return web.Response(status=401)
        try:
            data = await request_datum(request)
        except ValueError:  # the Host header makes no URL
            return web.Response(status=400)
        try:
            answer = await invoke(
                function, data, expressions_of(data), "This function was programmatically called via the host APIs."
            )
            return response_of(answer)
        except Exception:  # noqa: BLE001 - the worker logs it with its traceback
            return web.Response(status=500)

    return handle


def expressions_of(data: Datum) -> dict[str, Datum]:
    """Return the values for binding expressions of an HTTP function: query values and route parameters."""
    return {**data.value["query"], **data.value["params"]}


async def request_datum(request: web.Request) -> Datum:
    """Return a request as binding data; like Azure, without empty query values."""
    return http_datum(
        request.method,
        str(request.url),
        await request.read(),
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: value for name, value in request.query.items() if value},
        params=request.match_info,
    )


def http_datum(method: str, url: str, body: bytes, **parts: Mapping[str, str]) -> Datum:
    """Return the data that the HTTP converter reads; `parts` are headers, query and params."""
    named = {
        part: {name: Datum(value, "string") for name, value in parts.get(part, {}).items()}
        for part in ("headers", "query", "params")
    }
    return Datum(
        {"method": Datum(method, "string"), "url": Datum(url, "string"), "body": Datum(body, "bytes"), **named}, "http"
    )


def response_of(answer: Datum) -> web.Response:
    """Return the response for an encoded answer; a bare string is text with status 200."""
    if answer.type == "string":
        return web.Response(text=answer.value)
    value = answer.value
    response = web.Response(
        status=int(value["status_code"].value),
        body=value["body"].value,
        headers={name: header.value for name, header in value["headers"].items()},
    )
    for cookies in value["cookies"] or ():
        for cookie in cookies.values():
            response.headers.add("Set-Cookie", f"{cookie.OutputString()}; domain=")
    return response
