"""When to look next at something that takes unknown time: pure functions, safe inside orchestrators."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Pace:
    """How eagerly to look.

    A geometric schedule is worst-case optimal for an unknown duration: with `growth` 1.15 an end is noticed at
    most 15 % (or `floor_seconds`) late, in about fifty looks for an hour.
    """

    floor_seconds: float = 5.0
    cap_seconds: float = 60.0
    growth: float = 1.15


def next_look(pace: Pace, elapsed: timedelta) -> timedelta:
    """How long to wait before the next look, `elapsed` after the start."""
    geometric = elapsed.total_seconds() * (pace.growth - 1)
    return timedelta(seconds=min(max(geometric, pace.floor_seconds), pace.cap_seconds))
