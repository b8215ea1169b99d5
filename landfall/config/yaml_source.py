"""Reads YAML and remembers the line of every value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.composer import ComposerError


@dataclass
class Located:
    """A YAML document's data, and the line of each value by its path."""

    name: str
    data: Any
    lines: dict[tuple[int | str, ...], int]
    sources: dict[tuple[int | str, ...], str] = field(default_factory=dict)
    """The source of each overridden value, by its path."""

    def where(self, path: Sequence[int | str]) -> str:
        """`file:line` of the value at this path, or of the nearest value around it; for an override, its source."""
        for end in range(len(path), -1, -1):
            here = tuple(path[:end])
            if source := self.sources.get(here):
                return source
            if line := self.lines.get(here):
                return f"{self.name}:{line}"
        return self.name

    def override(self, path: Sequence[str], value: str, source: str) -> None:
        """Set a value, and create the mappings above it where they are missing.

        Raises ValueError when the path leads through a value that is not a mapping.
        """
        here = self.data
        for depth, part in enumerate(path):
            if not isinstance(here, dict):
                above = ".".join(path[:depth]) or self.name
                raise ValueError(  # noqa: TRY004  it is the setting's name that is wrong, not a type of ours
                    f"{source}: {above} is not a mapping, so it cannot have a setting {part}"
                )
            last = depth == len(path) - 1
            if last or here.get(part) is None:
                here[part] = value if last else {}
                self.sources[tuple(path[: depth + 1])] = source
            here = here[part]


def read_yaml(text: str, name: str) -> Located:
    """The document; raises yaml.YAMLError, with line and column, for invalid YAML and for a duplicate key."""
    data = yaml.safe_load(text)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    lines: dict[tuple[int | str, ...], int] = {}
    if node is not None:
        _note_lines(node, (), lines)
    return Located(name, {} if data is None else data, lines)


def _note_lines(node: yaml.Node, path: tuple[int | str, ...], lines: dict[tuple[int | str, ...], int]) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if (*path, key.value) in lines:
                # PyYAML would silently keep the second value.
                raise ComposerError(None, None, f"{key.value} is set a second time", key.start_mark)
            _note_lines(value, (*path, key.value), lines)
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, index), lines)
