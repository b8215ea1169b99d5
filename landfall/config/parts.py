"""The parts of landfall.yaml, left out one by one where they have mistakes."""

from collections.abc import Iterator, Sequence
from typing import Any

from landfall.config.mistakes import Mistake, report
from landfall.config.path_template import COMPANY, PathTemplate
from landfall.config.plan import LeftOutRoute, Plan
from landfall.config.types import YamlPath
from landfall.config.yaml_source import Located

LISTS = ("imports", "exports", "environments")


class Parts:
    """The file's parts: routes, exports, and the settings of each section; those with mistakes are left out one by one.

    What remains is validated again after each round, because a part may be a mistake only beside another one.
    """

    def __init__(self, located: Located) -> None:
        self.located = located
        self.left_out: dict[YamlPath, str] = {}
        self._kept: dict[YamlPath, list[int]] = {}

    def leave_out(self, mistakes: Sequence[Mistake]) -> list[str]:
        """Leave out the parts that have these mistakes; returns a line for each mistake."""
        lines = [report(path, reason, self.located) for path, reason in mistakes]
        for (path, _), line in zip(mistakes, lines, strict=True):
            is_entry = len(path) > 2 and isinstance(path[2], int)  # noqa: PLR2004  a section's setting that is a list
            self.left_out.setdefault(path[: 3 if is_entry else 2], line)
        return lines

    def rest(self) -> dict[str, Any]:
        """The file's data without what is left out."""
        data: dict[str, Any] = {}
        for name, section in self.located.data.items():
            if (name,) in self.left_out:
                continue
            if isinstance(section, dict):
                left = {key: value for key, value in section.items() if (name, key) not in self.left_out}
                data[name] = {key: self._without((name, key), value) for key, value in left.items()}
            else:
                data[name] = self._without((name,), section)
        return data

    def _without(self, path: YamlPath, value: Any) -> Any:
        """A value without the entries that are left out, if it is a list."""
        if not isinstance(value, list):
            return value
        self._kept[path] = [at for at in range(len(value)) if (*path, at) not in self.left_out]
        return [value[at] for at in self._kept[path]]

    def in_file(self, path: YamlPath) -> YamlPath:
        """The path in the file of a value of `rest`."""
        for depth in (1, 2):
            if len(path) > depth and isinstance(index := path[depth], int) and path[:depth] in self._kept:
                return (*path[:depth], self._kept[path[:depth]][index], *path[depth + 1 :])
        return path

    def doubtful(self) -> set[str]:
        """The sections whose entries are not all known, or not all usable."""
        if not self.located.is_read or any(each[0] not in Plan.model_fields for each in self.left_out):
            return set(LISTS)
        return {str(each[0]) for each in self.left_out}.intersection(LISTS)

    def routes(self) -> Iterator[LeftOutRoute]:
        """The routes that are left out, and one of unknown path for each mistake that may hide routes."""
        place, listed = 0, self.located.data.get("imports")
        for index, raw in enumerate(listed if isinstance(listed, list) else ()):
            if line := self.left_out.get(("imports", index)):
                yield LeftOutRoute(line, place, *_paths(raw))
            else:
                place += 1
        for path, line in self.left_out.items():
            if len(path) == 1 and (path[0] == "imports" or path[0] not in Plan.model_fields):
                yield LeftOutRoute(line, place)


def _paths(raw: Any) -> tuple[tuple[PathTemplate, ...], str]:
    """The templates of a route that is left out, or how its path begins where the path is what is wrong."""
    path = raw.get("path") if isinstance(raw, dict) else None
    if not isinstance(path, str):
        return (), ""
    folder = path.rpartition("/")[0]
    try:
        template = PathTemplate(path)
        files = (PathTemplate(f"{folder}/{{_}}"),) if raw.get("parts") and folder else ()
    except ValueError:
        return (), path.partition("{")[0]
    if raw.get("company") or COMPANY in template.captures:
        return (template, *files), ""
    return (), path.partition("{")[0] if template.captures else f"{folder}/" * bool(folder)
