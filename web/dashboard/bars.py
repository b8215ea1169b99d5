"""The rows of each entity as bars of one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from landfall.records import EntityCounts


@dataclass(frozen=True)
class Part:
    """A piece of a bar: the kind and number of its rows, its start and width in percent of the longest bar."""

    kind: str
    rows: int
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """An entity's counts with its bar."""

    counts: EntityCounts
    parts: tuple[Part, ...]


def bars(entities: Sequence[EntityCounts]) -> tuple[Bar, ...]:
    """A bar for each entity: created, updated and failed rows, then other staged rows. The longest is 100 percent."""
    longest = max((_rows(each) for each in entities), default=0)
    return tuple(_bar(each, longest) for each in entities)


def _rows(each: EntityCounts) -> int:
    return max(each.staged, each.created + each.updated + each.failed)


def _bar(each: EntityCounts, longest: int) -> Bar:
    rows = {"created": each.created, "updated": each.updated, "failed": each.failed}
    rows["staged"] = _rows(each) - sum(rows.values())
    parts: list[Part] = []
    for kind, number in rows.items():
        if number:
            x = parts[-1].x + parts[-1].width if parts else 0.0
            parts.append(Part(kind, number, x, 100 * number / longest))
    return Bar(each, tuple(parts))
