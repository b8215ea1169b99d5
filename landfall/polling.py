"""When to look next at something that takes unknown time: pure functions, safe inside orchestrators."""

import hashlib
import math
import statistics
from dataclasses import dataclass
from datetime import timedelta

ENOUGH = 5
"""From so many past durations on, they say something about the next one."""
EARLIEST = 0.05
"""Before this part of past executions had ended, nobody looks."""
LOOK_COSTS = 7.5
"""What a look costs, in seconds by which an end may be noticed later instead."""
NARROWEST = 0.1
"""Past durations that hardly differ, and few of them, promise less than they seem to (spread of their logarithms)."""
UNLIKE = 3.0
"""What outlives the past by so many deviations is not like it (one in 700 would), and the past says nothing on it."""
JITTER = 0.1
"""Waits are up to this part shorter, so that runs that began together do not look together."""


@dataclass(frozen=True)
class Pace:
    """How eagerly to look.

    `past` are the seconds that executions of the same data project took. Without enough of them waits are geometric,
    which is worst-case optimal for an unknown duration: with `growth` 1.15 an end is noticed at most 15 % (or
    `floor_seconds`) late, in about fifty looks for an hour. That also bounds waits that the past suggests.
    """

    floor_seconds: float = 5.0
    cap_seconds: float = 60.0
    growth: float = 1.15
    past: tuple[float, ...] = ()


def next_look(pace: Pace, elapsed: timedelta, seed: str = "") -> timedelta:
    """How long to wait before the next look, `elapsed` after the start.

    `seed` (who looks) decides on the jitter, so that a replay waits as long as the first time.
    """
    running = elapsed.total_seconds()
    jitter = 1 - JITTER * _chance(seed, running)
    earliest = _earliest(pace)
    if running < earliest:
        return timedelta(
            seconds=max((earliest - running) * jitter, min(pace.floor_seconds, pace.cap_seconds))
        )
    wait = running * (pace.growth - 1)
    if len(pace.past) >= ENOUGH:
        wait = min(wait, _suggested(pace.past, running))
    return timedelta(seconds=min(max(wait * jitter, pace.floor_seconds), pace.cap_seconds))


def _earliest(pace: Pace) -> float:
    """When the first of twenty past executions had ended; 0 where too little is known."""
    if len(pace.past) < ENOUGH:
        return 0
    ordered = sorted(pace.past)
    place = EARLIEST * (len(ordered) - 1)
    low = ordered[int(place)]
    return low + (ordered[int(place) + 1] - low) * (place % 1)


def _suggested(past: tuple[float, ...], running: float) -> float:
    """The wait that costs least: looks as dense as the square root of the chance that it ends just now.

    That chance (the hazard rate) is that of a lognormal distribution with the past's mean and spread.
    """
    logs = [math.log(max(each, 1)) for each in past]
    spread = max(statistics.stdev(logs), NARROWEST)
    deviation = (math.log(max(running, 1)) - statistics.fmean(logs)) / spread
    if deviation > UNLIKE:
        return math.inf
    density = math.exp(-(deviation**2) / 2) / (spread * max(running, 1) * math.sqrt(2 * math.pi))
    chance = density / (math.erfc(deviation / math.sqrt(2)) / 2)
    return math.sqrt(2 * LOOK_COSTS / chance) if chance > 0 else math.inf


def _chance(seed: str, running: float) -> float:
    """A number from 0 to 1 that is the same for the same arguments."""
    digest = hashlib.sha256(f"{seed} {running:.3f}".encode()).digest()
    return int.from_bytes(digest[:4]) / 0xFFFFFFFF
