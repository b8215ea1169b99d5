"""Retry policies of functions. As on Azure, they apply to timer triggers; other triggers ignore them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.host.settings import SettingsError, parse_timespan

RETRIED_KINDS = {"timerTrigger"}


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed run is repeated (-1: without limit), and the seconds before each repetition."""

    repetitions: int
    first_seconds: float
    longest_seconds: float

    def pause(self, repetition: int) -> float:
        """Return the seconds before a repetition, counted from 1: they double up to `longest_seconds`."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** min(repetition - 1, 32))


@dataclass(frozen=True)
class RetryState:
    """The `context.retry_context` of a repeated run."""

    retry_count: int
    max_retry_count: int
    exception: BaseException | None


FIRST_RUN = RetryState(0, 0, None)


def policy_of(setting: Mapping[str, Any] | None, where: str) -> RetryPolicy | None:
    """Return the policy of a `@app.retry` decorator; None without one.

    Raises:
        SettingsError: the strategy is unknown or an interval is missing.
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
            f"{where}: its retry policy is incomplete. Use fixed_delay with delay_interval, "
            "or exponential_backoff with minimum_interval and maximum_interval."
        )
    first, longest = (parse_timespan(str(setting[name]), where).total_seconds() for name in names[strategy])
    return RetryPolicy(int(setting["max_retry_count"]), first, longest)


async def with_retries(policy: RetryPolicy | None, run: Callable[[RetryState], Awaitable[Any]]) -> Any:
    """Call `run` and return its result; repeat it by the policy while it raises, then raise the last exception."""
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
