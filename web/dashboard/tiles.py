"""The figures at the top: how Landfall does right now."""

from dataclasses import dataclass
from datetime import timedelta

from landfall.tiles import Tiles
from web.dashboard.words import count, span

LANES = 3
"""Lanes that the tile names; the Lanes page has all."""


@dataclass(frozen=True)
class Tile:
    """A figure, what it is of, a word on it, and where it leads (empty: nowhere); `tone` is empty where all is well."""

    name: str
    figure: str
    note: str = ""
    query: str = ""
    tone: str = ""


def tiles(now: Tiles) -> tuple[Tile, ...]:
    """The figures as tiles; those that want a person's eye are coloured."""
    longest = sorted(now.waiting.items(), key=lambda each: -each[1])[:LANES]
    lying, paused = now.oldest_landing_seconds, now.paused_seconds
    return (
        Tile("In flight", str(now.in_flight), query="?status=UnderWay"),
        Tile(
            "Waiting",
            str(sum(now.waiting.values())),
            ", ".join(f"{lane} {many}" for lane, many in longest),
            "/lanes",
        ),
        Tile("Failed in 24 h", str(now.failed), query="?period=24h", tone="bad" if now.failed else ""),
        Tile(
            "Needs attention",
            str(now.needs_attention),
            query="?status=NeedsAttention",
            tone="alert" if now.needs_attention else "",
        ),
        Tile(
            "Oldest landing",
            "none" if lying is None else span(timedelta(seconds=lying)),
            count(now.landed, "file") if now.landed else "landing is empty",
        ),
        Tile(
            "F&O",
            "Throttled" if paused else "Answers",
            f"asks for {span(timedelta(seconds=paused))} of peace" if paused else "",
            tone="warn" if paused else "",
        ),
    )
