"""Function-level retry policies: as on Azure, timer-triggered functions have them and others ignore them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.host.settings import SettingsError, parse_timespan

RETRIED_KINDS = {"timerTrigger"}


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed run is repeated (-1 for ever), and the seconds before each repetition."""

    repetitions: int
    first_seconds: float
    longest_seconds: float

    def pause(self, repetition: int) -> float:
        """Seconds before a repetition, counted from 1: they double up to the longest."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** min(repetition - 1, 32))


@dataclass(frozen=True)
class RetryState:
    """The `context.retry_context` of a repeated run."""

    retry_count: int
    max_retry_count: int
    exception: BaseException | None


FIRST_RUN = RetryState(0, 0, None)


def policy_of(setting: Mapping[str, Any] | None, where: str) -> RetryPolicy | None:
    """Read a `@app.retry` decorator's settings.

    Raises:
        SettingsError: the strategy is unknown or lacks its intervals.
    """
    if setting is None:
        return None
    names = {
        "fixed_delay": ("delay_interval", "delay_interval"),
        "exponential_backoff": ("minimum_interval", "maximum_interval"),
    }
    strategy = str(setting.get("strategy"))
    if strategy not in names or any(not setting.get(name) for name in names[strategy]):
        raise SettingsError(
            f"{where}: a retry policy is fixed_delay with delay_interval, or exponential_backoff with minimum_interval "
            "and maximum_interval."
        )
    first, longest = (parse_timespan(str(setting[name]), where).total_seconds() for name in names[strategy])
    return RetryPolicy(int(setting["max_retry_count"]), first, longest)


async def with_retries(policy: RetryPolicy | None, run: Callable[[RetryState], Awaitable[Any]]) -> Any:
    """Run, and repeat by the policy while it raises; the last exception goes on."""
    state = FIRST_RUN
    while True:
        try:
            return await run(state)
        except Exception as error:
            count = state.retry_count + 1
            if policy is None or 0 <= policy.repetitions < count:
                raise
            state = RetryState(count, policy.repetitions, error)
            await asyncio.sleep(policy.pause(count))
