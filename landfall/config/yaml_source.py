"""Reads YAML and remembers the line of every value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass
class Located:
    """A YAML document's data, and the line of each value by its path."""

    name: str
    data: Any
    lines: dict[tuple[int | str, ...], int]
    sources: dict[tuple[int | str, ...], str] = field(default_factory=dict)
    """The source of each overridden value, by its path."""
    texts: dict[tuple[int | str, ...], str] = field(default_factory=dict)
    """How each value that is neither a list nor a mapping is written, by its path."""
    twice: list[tuple[int | str, ...]] = field(default_factory=list)
    """The paths of values that are set a second time; `data` has the second."""
    is_read: bool = True
    """False when nothing of the file could be read."""

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


class _Loader(yaml.SafeLoader):
    """Takes every key as it is written: settings have names, and YAML would make True of the name `on`."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  as in PyYAML
        self.flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = self.DEFAULT_SCALAR_TAG
        return super().construct_mapping(node, deep)


def read_yaml(text: str, name: str) -> Located:
    """The document; raises yaml.YAMLError, with line and column, for invalid YAML."""
    data = yaml.load(text, Loader=_Loader)  # noqa: S506  a safe one
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    located = Located(name, {} if data is None else data, {})
    if node is not None:
        _note(node, (), located)
    return located


def _note(node: yaml.Node, path: tuple[int | str, ...], located: Located) -> None:
    located.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, key.value)
            if here in located.lines:
                # PyYAML silently keeps the second value, so only its lines count.
                located.twice.append(here)
                located.lines = {each: line for each, line in located.lines.items() if each[: len(here)] != here}
            _note(value, here, located)
            located.lines[here] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note(value, (*path, index), located)
    else:
        located.texts[path] = node.value
