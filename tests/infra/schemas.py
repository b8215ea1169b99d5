"""What Azure Resource Manager knows of a resource type, without Azure.

It is in the Bicep types inside Azure MCP Server, whose tool `bicepschema_get` tells them offline. Some types it has by
name only: for those see tests/infra/models.py.
"""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.infra.bicep import Choice, Expression, Resource
from tests.infra.models import MODELS, misnamed

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / ".local/infra/schemas" / version("msmcp-azure")
BICEPS_OWN = {"parent", "scope", "dependsOn"}


def mistakes(resource: Resource) -> list[str]:
    """What the schema of a resource's type does not allow in it, each with its place."""
    body = {key: value for key, value in resource.body.items() if key not in BICEPS_OWN}
    where = f"{resource.file}:{resource.line} {resource.symbol}"
    if resource.type in MODELS:
        return misnamed(resource.type, body, where)
    types = schema(resource.type)
    known = types[""]["bodyType"]
    described = types[""]["name"].partition("@")[2]
    wrong = [f"{where}: version {resource.version}, the schema is of {described}"]
    return [
        *(wrong if described != resource.version else []),
        *_against(body, known, {**types, "": {}}, where),
    ]


@cache
def schema(kind: str) -> dict[str, Any]:
    """The types of a resource type by their names; the resource itself is the empty one."""
    kept = KEPT / f"{kind.replace('/', '_')}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        new = kept.with_suffix(".new")  # a run that is stopped here must leave no half file for the next one
        new.write_text(json.dumps(_server().ask(kind)), encoding="utf-8")
        new.replace(kept)
    types = json.loads(kept.read_text(encoding="utf-8"))
    named = {each["name"]: each for each in types if each["$type"] in {"Object", "DiscriminatedObject"}}
    return {**named, "": next(each for each in types if each["$type"] == "Resource")}


class Server:
    """Azure MCP Server as a process that is asked over its standard input: it takes long to start."""

    def __init__(self) -> None:
        command = [str(Path(sys.prefix) / "bin/azmcp"), "server", "start", "--mode", "all"]
        self._process = subprocess.Popen(
            [*command, "--namespace", "bicepschema"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "AZURE_MCP_COLLECT_TELEMETRY": "false"},
        )
        self._asked = 0
        us = {"name": "landfall", "version": "1"}
        self._call("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=us)
        self._say({"method": "notifications/initialized"})

    def ask(self, kind: str) -> Any:
        """The types of a resource type; LookupError when it has none."""
        answer = self._call("tools/call", name="bicepschema_get", arguments={"resource-type": kind})
        told = json.loads(answer["content"][0]["text"])
        if told["status"] != HTTPStatus.OK:
            raise LookupError(f"no schema of {kind}: {told['message']}")
        return told["results"]["BicepSchemaResult"]

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _call(self, method: str, **params: Any) -> Any:
        self._asked += 1
        self._say({"id": self._asked, "method": method, "params": params})
        for line in self._process.stdout or ():
            answer = json.loads(line)
            if answer.get("id") == self._asked:
                return answer["result"]
        raise LookupError(f"Azure MCP Server has ended at {method}")

    def _say(self, message: dict[str, Any]) -> None:
        if self._process.stdin:
            print(json.dumps({"jsonrpc": "2.0", **message}), file=self._process.stdin, flush=True)


@cache
def _server() -> Server:
    server = Server()
    atexit.register(server.stop)
    return server


def _against(value: Any, kind: Any, types: dict[str, Any], at: str) -> Iterator[str]:
    """What is wrong with a value of a type: a type's own description, or its name."""
    if isinstance(value, Choice):
        for each in value.values:
            yield from _against(each, kind, types, at)
        return
    if isinstance(value, Expression) or value is None:
        return
    if isinstance(kind, str):
        if kind.endswith("[]"):
            if not isinstance(value, list):
                yield f"{at}: no list"
                return
            for index, each in enumerate(value):
                yield from _against(each, kind.removesuffix("[]").strip("()"), types, f"{at}[{index}]")
            return
        if kind not in types:
            yield from _against_simple(value, kind, at)
            return
        kind = types[kind]
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    yield from _against_object(value, kind, types, at)


def _against_object(value: dict[str, Any], kind: dict[str, Any], types: dict[str, Any], at: str) -> Iterator[str]:
    known = {each["name"]: each for each in kind.get("properties", kind.get("baseProperties", []))}
    if kind["$type"] == "DiscriminatedObject":
        told = value.get(kind["discriminator"])
        for element in kind["elements"]:
            fields = {each["name"]: each for each in element["properties"]}
            if fields[kind["discriminator"]]["type"] == told:
                known |= fields
                break
        else:
            yield f"{at}.{kind['discriminator']}: {told!r} is none of its kinds"
            return
    for name, each in value.items():
        if name in known:
            if known[name].get("flags", "").startswith("ReadOnly"):
                yield f"{at}.{name}: read only"
            yield from _against(each, known[name]["type"], types, f"{at}.{name}")
        elif "additionalPropertiesType" in kind:
            yield from _against(each, kind["additionalPropertiesType"], types, f"{at}.{name}")
        else:
            yield f"{at}.{name}: no such property"
    for name, each in known.items():
        if each.get("flags", "").startswith("Required") and name not in value:
            yield f"{at}: {name} is missing"


def _against_simple(value: Any, kind: str, at: str) -> Iterator[str]:
    names = kind.split(" | ")
    if set(names) & {"any", "object"} or (set(names) & {"string"} and isinstance(value, str)):
        if "string" in names and len(names) > 1 and value not in names:
            yield f"{at}: {value!r} is none of {kind}"
        return
    if isinstance(value, bool):
        right = "bool" in names or str(value).lower() in names
    elif isinstance(value, int):
        right = "int" in names or str(value) in names
    else:
        right = value in names
    if not right:
        yield f"{at}: {value!r} is no {kind}"
