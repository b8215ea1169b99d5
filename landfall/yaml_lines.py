"""Reads YAML so that every value can still be found by its line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass
class Located:
    """A YAML document's data, and where each of its values stands."""

    name: str
    data: Any
    lines: dict[tuple[int | str, ...], int]

    def where(self, path: Sequence[int | str]) -> str:
        """`file:line` of the value at this path, or of the nearest thing around it that is in the file."""
        for end in range(len(path), -1, -1):
            if line := self.lines.get(tuple(path[:end])):
                return f"{self.name}:{line}"
        return self.name

    def override(self, path: Sequence[str], value: str) -> None:
        """Set a value below mappings, making those that are not there."""
        here = self.data
        for part in path[:-1]:
            here = here.setdefault(part, {})
        here[path[-1]] = value


def read_yaml(text: str, name: str) -> Located:
    """The document; raises yaml.YAMLError, which names line and column, where it is no YAML."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    lines: dict[tuple[int | str, ...], int] = {}
    if node is not None:
        _note_lines(node, (), lines)
    return Located(name, yaml.safe_load(text) or {}, lines)


def _note_lines(
    node: yaml.Node, path: tuple[int | str, ...], lines: dict[tuple[int | str, ...], int]
) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _note_lines(value, (*path, key.value), lines)
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, index), lines)
