"""When to look next at something that takes an unknown time. Pure functions, safe inside orchestrators."""

import hashlib
import math
import statistics
from dataclasses import dataclass
from datetime import timedelta

ENOUGH = 5
"""How many past durations it takes to predict the next one."""
FIRST_SHARE = 0.05
"""No look before this share of past executions had ended."""
LOOK_COST = 7.5
"""The cost of a look, in seconds: a look is worth it when it notices the end this much earlier."""
LEAST_SPREAD = 0.1
"""The least spread (of the logarithms) to assume: a few durations that hardly differ promise less than they seem to."""
MAX_DEVIATION = 3.0
"""Beyond so many standard deviations (1 in 700 executions), the past says nothing about an execution."""
JITTER = 0.1
"""Waits are shortened by up to this share, so that runs that began together do not look together."""


@dataclass(frozen=True)
class Pace:
    """How often to look.

    `past` is how many seconds earlier executions of the same data project took. Without enough of them waits grow
    geometrically, which is worst-case optimal for an unknown duration: with `growth` 1.15 an end is noticed at most
    15 % of the duration (or `floor_seconds`) late, with about fifty looks in an hour. Predicted waits are never longer.
    """

    floor_seconds: float = 5.0
    cap_seconds: float = 60.0
    growth: float = 1.15
    past: tuple[float, ...] = ()


def next_look(pace: Pace, elapsed: timedelta, seed: str = "") -> timedelta:
    """How long to wait for the next look, `elapsed` after the start.

    The jitter depends on `seed` (who looks), so that a replay waits exactly as long as the first time.
    """
    running = elapsed.total_seconds()
    jitter = 1 - JITTER * _fraction(seed, running)
    first = _first_look(pace)
    if running < first:
        return timedelta(seconds=max((first - running) * jitter, min(pace.floor_seconds, pace.cap_seconds)))
    wait = running * (pace.growth - 1)
    if len(pace.past) >= ENOUGH:
        wait = min(wait, _predicted_wait(pace.past, running))
    return timedelta(seconds=min(max(wait * jitter, pace.floor_seconds), pace.cap_seconds))


def _first_look(pace: Pace) -> float:
    """The 5th percentile of past durations; 0 where there are too few."""
    if len(pace.past) < ENOUGH:
        return 0
    ordered = sorted(pace.past)
    rank = FIRST_SHARE * (len(ordered) - 1)
    low = ordered[int(rank)]
    return low + (ordered[int(rank) + 1] - low) * (rank % 1)


def _predicted_wait(past: tuple[float, ...], running: float) -> float:
    """The wait of least cost: the density of looks follows the square root of the hazard rate.

    The hazard rate, the chance that the execution ends right now, is that of a lognormal distribution with the mean and
    the spread of past durations.
    """
    logs = [math.log(max(each, 1)) for each in past]
    spread = max(statistics.stdev(logs), LEAST_SPREAD)
    deviation = (math.log(max(running, 1)) - statistics.fmean(logs)) / spread
    if deviation > MAX_DEVIATION:
        return math.inf
    density = math.exp(-(deviation**2) / 2) / (spread * max(running, 1) * math.sqrt(2 * math.pi))
    hazard = density / (math.erfc(deviation / math.sqrt(2)) / 2)
    return math.sqrt(2 * LOOK_COST / hazard) if hazard > 0 else math.inf


def _fraction(seed: str, running: float) -> float:
    """A number from 0 to 1 that depends on the arguments only."""
    digest = hashlib.sha256(f"{seed} {running:.3f}".encode()).digest()
    return int.from_bytes(digest[:4]) / 0xFFFFFFFF
