"""Reads YAML so that every value can still be found by its line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.composer import ComposerError


@dataclass
class Located:
    """A YAML document's data, and where each of its values stands."""

    name: str
    data: Any
    lines: dict[tuple[int | str, ...], int]
    sources: dict[tuple[int | str, ...], str] = field(default_factory=dict)
    """Where values come from that were set over the file's."""

    def where(self, path: Sequence[int | str]) -> str:
        """`file:line` of the value at this path, or of the nearest thing around it that is in the file."""
        for end in range(len(path), -1, -1):
            here = tuple(path[:end])
            if source := self.sources.get(here):
                return source
            if line := self.lines.get(here):
                return f"{self.name}:{line}"
        return self.name

    def override(self, path: Sequence[str], value: str, source: str) -> None:
        """Set a value below mappings, making those that are not there.

        Raises ValueError where something else than a mapping is in the way.
        """
        here = self.data
        for depth, part in enumerate(path):
            if not isinstance(here, dict):
                above = ".".join(path[:depth]) or self.name
                raise ValueError(  # noqa: TRY004  it is the setting's name that is wrong, not a type of ours
                    f"{source}: {above} holds no names, so {part} cannot be set in it"
                )
            last = depth == len(path) - 1
            if last or here.get(part) is None:
                here[part] = value if last else {}
                self.sources[tuple(path[: depth + 1])] = source
            here = here[part]


def read_yaml(text: str, name: str) -> Located:
    """The document; raises yaml.YAMLError, which names line and column, where it is no YAML or sets a name twice."""
    data = yaml.safe_load(text)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    lines: dict[tuple[int | str, ...], int] = {}
    if node is not None:
        _note_lines(node, (), lines)
    return Located(name, {} if data is None else data, lines)


def _note_lines(
    node: yaml.Node, path: tuple[int | str, ...], lines: dict[tuple[int | str, ...], int]
) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if (*path, key.value) in lines:
                # PyYAML would let the second one silently take the first one's place.
                raise ComposerError(None, None, f"{key.value} stands here a second time", key.start_mark)
            _note_lines(value, (*path, key.value), lines)
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, index), lines)
