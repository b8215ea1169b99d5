"""Blob paths, routes, binding expressions and queue messages."""

import binascii
from typing import Any

import pytest
from azure.functions.meta import Datum

from local.host.app.checks import AppError
from local.host.app.function import Function
from local.host.app.storage import BindingDataError, decode_message, encode_message, fill, messages_of
from local.host.triggers.blob import PathPattern
from local.host.triggers.http import paths_of


@pytest.mark.parametrize(
    ("path", "blob", "found"),
    [
        ("in/{name}.{ext}", "a.b.txt", {"name": "a.b", "ext": "txt"}),
        ("in/{name}", "deep/er/a.txt", {"name": "deep/er/a.txt"}),
        ("in/{folder}/{name}.csv", "x/y/a.csv", {"folder": "x/y", "name": "a"}),
        ("in/a+b (1).txt", "a+b (1).txt", {}),
        ("in", "anything", {}),
        ("in/{name}.csv", "a.txt", None),
        ("in/{name}.csv", "a.csv.bak", None),
    ],
)
def test_blob_patterns_are_greedy(path: str, blob: str, found: dict[str, str] | None) -> None:
    """Parameters match as much as possible, with slashes; the rest is literal; a container alone matches every blob."""
    pattern = PathPattern(path)
    assert (pattern.container, pattern.match(blob)) == ("in", found)


def function_with(route: str) -> Function:
    """A function with a route."""
    trigger: dict[str, Any] = {"type": "httpTrigger", "name": "req", "route": route}
    return Function("f", print, trigger, (), (), {}, is_async=False, wants_context=False)


@pytest.mark.parametrize(
    ("route", "paths"),
    [
        ("items", ["/api/items"]),
        ("items/{id}", ["/api/items/{id}"]),
        ("items/{id?}", ["/api/items/{id}", "/api/items"]),
        ("items/{id:int}", [r"/api/items/{id:-?\d+}"]),
        ("files/{*path}", ["/api/files/{path:.*}", "/api/files"]),
    ],
)
def test_routes_become_paths(route: str, paths: list[str]) -> None:
    """Constraints become patterns; an optional or rest-of-path parameter adds a path without it."""
    assert paths_of(function_with(route), "api") == paths


def test_an_unknown_constraint_is_named() -> None:
    """The error lists the supported constraints."""
    with pytest.raises(AppError, match=r"constraint 'colour'\. .*alpha, bool"):
        paths_of(function_with("{a:colour}"), "")


def test_binding_expressions_use_the_triggers_metadata() -> None:
    """Expressions are replaced by the metadata; an unknown name is an error that lists the known ones."""
    metadata = {"name": Datum("a", "string"), "ext": Datum("csv", "string")}
    assert fill("out/{name}.{ext}", metadata, "here") == "out/a.csv"
    assert fill("out/{rand-guid}", metadata, "here") != fill("out/{rand-guid}", metadata, "here")
    with pytest.raises(BindingDataError, match=r"here: the trigger has no value 'size'\. It has ext, name"):
        fill("{size}", metadata, "here")


def test_queue_outputs_are_split_and_encoded() -> None:
    """A list is one message per entry, an object with a body is that body, and the encoding is base64 or none."""
    assert messages_of(Datum('["a", {"id": 1, "body": "b"}, {"c": 1}]', "json")) == [b"a", b"b", b'{"c": 1}']
    assert messages_of(Datum("a", "string")) == [b"a"]
    assert decode_message(encode_message(b"a", "base64"), "base64") == "a"
    assert (encode_message(b"a", "none"), decode_message("a", "none")) == ("a", "a")
    with pytest.raises(binascii.Error):
        decode_message("not base64!", "base64")
