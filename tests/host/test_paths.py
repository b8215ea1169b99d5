"""Blob paths, routes and binding expressions: what they match and what they yield."""

import binascii
from typing import Any

import pytest
from azure.functions.meta import Datum

from local.host.app.checks import AppError
from local.host.app.index import Function
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
    """Parameters take as much as they can, slashes too; the rest of the path is literal; a container alone takes all."""
    pattern = PathPattern(path)
    assert (pattern.container, pattern.match(blob)) == ("in", found)


def routed(route: str) -> Function:
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
    """Constraints become patterns; an optional or whole-rest parameter may be left out."""
    assert paths_of(routed(route), "api") == paths


def test_an_unknown_constraint_is_named() -> None:
    """The message lists those that there are."""
    with pytest.raises(AppError, match=r"constraint 'colour' .*alpha, bool"):
        paths_of(routed("{a:colour}"), "")


def test_binding_expressions_come_from_the_trigger() -> None:
    """Names are filled in; one that the trigger does not bring is an error that lists what it brings."""
    metadata = {"name": Datum("a", "string"), "ext": Datum("csv", "string")}
    assert fill("out/{name}.{ext}", metadata, "here") == "out/a.csv"
    assert fill("out/{rand-guid}", metadata, "here") != fill("out/{rand-guid}", metadata, "here")
    with pytest.raises(BindingDataError, match="here: the trigger brings no 'size'; it brings ext, name"):
        fill("{size}", metadata, "here")


def test_queue_outputs_are_split_and_encoded() -> None:
    """A list is a message per entry, an object with a body is that body; base64 unless host.json says none."""
    assert messages_of(Datum('["a", {"id": 1, "body": "b"}, {"c": 1}]', "json")) == [b"a", b"b", b'{"c": 1}']
    assert messages_of(Datum("a", "string")) == [b"a"]
    assert decode_message(encode_message(b"a", "base64"), "base64") == "a"
    assert (encode_message(b"a", "none"), decode_message("a", "none")) == ("a", "a")
    with pytest.raises(binascii.Error):
        decode_message("not base64!", "base64")
