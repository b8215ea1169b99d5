"""Bicep files as data: what they declare, read from tree-sitter's syntax tree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

INFRA = Path(__file__).parent.parent.parent / "infra"
FILES = sorted(INFRA.glob("*.bicep"))
_parser = Parser(Language(tree_sitter_bicep.language()))


@dataclass(frozen=True)
class Expression:
    """A value that only a deployment knows, as it is written."""

    text: str


@dataclass(frozen=True)
class Choice:
    """One of several values, by a condition."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Resource:
    """A resource; `body` holds dicts, lists, literals, Expressions and Choices."""

    file: str
    line: int
    symbol: str
    type: str
    version: str
    existing: bool
    body: dict[str, Any]


@dataclass
class Template:
    """One file's declarations, by their names."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Node] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    modules: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)

    def variable(self, name: str) -> Any:
        """A variable's value."""
        return self.value(self.variables[name])

    def value(self, node: Node) -> Any:
        """A syntax node as data; variables, concat and both sides of a condition are looked into."""
        readers: dict[str, Callable[[Node], Any]] = {
            "object": self._object,
            "array": lambda node: [self.value(each) for each in node.named_children if each.type != "comment"],
            "string": _string,
            "number": lambda node: int(_text(node)),
            "boolean": lambda node: _text(node) == "true",
            "null": lambda _: None,
            "for_statement": lambda node: [self.value(_one(node.child_by_field_name("body")))],
            "ternary_expression": self._choice,
            "identifier": self._named,
            "call_expression": self._called,
        }
        return readers.get(node.type, _expression)(node)

    def _object(self, node: Node) -> dict[str, Any]:
        pairs = [each.named_children for each in node.named_children if each.type == "object_property"]
        return {_key(pair[0]): self.value(pair[-1]) for pair in pairs if pair[0].type != "resource_declaration"}

    def _choice(self, node: Node) -> Choice:
        sides = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
        return Choice(tuple(self.value(_one(each)) for each in sides))

    def _named(self, node: Node) -> Any:
        return self.variable(_text(node)) if _text(node) in self.variables else _expression(node)

    def _called(self, node: Node) -> Any:
        if not _text(node).startswith("concat("):
            return _expression(node)
        parts = [self.value(each) for each in node.named_children[-1].named_children]
        return [each for part in parts for each in _flat(part)]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object anywhere in a value."""
    if isinstance(value, dict):
        yield value
    for each in _inside(value):
        yield from objects(each)


@cache
def template(name: str) -> Template:
    """A file of infra/ by its name."""
    return read((INFRA / name).read_text(encoding="utf-8"), name)


def resources() -> list[Resource]:
    """What all files together deploy."""
    return [each for path in FILES for each in template(path.name).resources if not each.existing]


def read(text: str, name: str = "text") -> Template:
    """Bicep text as a template; ValueError names the line that is none."""
    root = _parser.parse(text.encode()).root_node
    if wrong := next(_errors(root), None):
        raise ValueError(f"{name}:{wrong.start_point.row + 1}: no Bicep: {_text(wrong)[:60]}")
    found = Template(name)
    for node in root.named_children:
        kids = node.named_children
        if node.type == "variable_declaration":
            found.variables[_text(kids[0])] = kids[-1]
        elif node.type == "parameter_declaration":
            found.parameters[_text(kids[0])] = found.value(kids[2]) if len(kids) > 2 else None
        elif node.type == "output_declaration":
            found.outputs[_text(kids[0])] = _text(kids[-1])
    for node in root.named_children:
        if node.type == "module_declaration":
            body = found.value(_body(node))
            found.modules[_text(node.named_children[0])] = (_string(node.named_children[1]), body)
        elif node.type == "resource_declaration":
            found.resources += _resources(found, node, "")
    return found


def _resources(found: Template, node: Node, parent: str) -> Iterator[Resource]:
    symbol, kind = node.named_children[:2]
    full, _, version = _string(kind).partition("@")
    body = _body(node)
    if parent:
        full, version = f"{parent.partition('@')[0]}/{full}", version or parent.partition("@")[2]
    existing = any(child.type == "existing" for child in node.children)
    line = node.start_point.row + 1
    yield Resource(found.name, line, _text(symbol), full, version, existing, found.value(body))
    for each in body.named_children:
        if each.type == "object_property" and each.named_children[0].type == "resource_declaration":
            yield from _resources(found, each.named_children[0], f"{full}@{version}")


def _body(node: Node) -> Node:
    last = node.named_children[-1]
    if last.type == "for_statement":
        last = _one(last.child_by_field_name("body"))
    return last.named_children[-1] if last.type == "if_statement" else last


def _errors(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
    for each in node.children:
        yield from _errors(each)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, Choice):
        return list(value.values)
    return value if isinstance(value, list) else []


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Choice):
        return [each for side in value.values for each in _flat(side)]
    return value if isinstance(value, list) else [value]


def _string(node: Node) -> Any:
    """A string without its quotes; one with interpolations in it as an Expression."""
    if any(each.type == "interpolation" for each in node.named_children):
        return Expression(_text(node))
    text = _text(node)
    quotes = 3 if text.startswith("'''") else 1
    return text[quotes:-quotes].replace("\\'", "'")


def _expression(node: Node) -> Expression:
    return Expression(_text(node))


def _key(node: Node) -> str:
    return str(_string(node)) if node.type == "string" else _text(node)


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _one(node: Node | None) -> Node:
    if node is None:
        raise ValueError("the syntax tree lacks a part that every such node has")
    return node
