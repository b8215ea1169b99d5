"""How orchestrations call steps and each other: records in, plain JSON on the wire."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.environments import Place, Standing, find_standing, guard
from landfall.records import ComeBack, from_json, to_json

STEP_RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=5_000, max_number_of_attempts=5)
"""For a step that raises: outlasts a fault of half a minute."""
COME_BACKS = 40
"""How often F&O may be busy or away for one step: about three hours in all, longer than F&O's updates take."""
LONGEST = timedelta(minutes=5)
SHORTEST = timedelta(seconds=2)
"""Azure cuts what is left of a timer's wait to whole seconds, so that a second is often none at all."""


LOOKS_PER_GENERATION = 20
bp = df.Blueprint()


class GaveUpError(Exception):
    """F&O was busy or away for longer than a run waits."""


def run_step(context: df.DurableOrchestrationContext, activity: Any, record: object) -> Generator[Any, Any, Any]:
    """An activity's answer. The activity is retried when it raises, and later again when F&O is busy or away."""
    for count in range(COME_BACKS):
        answer = yield context.call_activity_with_retry(activity.__name__, STEP_RETRIES, to_json(record))
        if not (isinstance(answer, dict) and "come_back_seconds" in answer):
            return answer
        come_back = from_json(ComeBack, answer)
        if come_back.closed is not None:
            yield run_part(context, await_opening, Place(come_back.closed))
            continue
        asked = timedelta(seconds=come_back.come_back_seconds)
        wait = max(asked, min(asked * 2 ** min(count, 10), LONGEST))
        yield sleep(context, wait)
    raise GaveUpError(f"F&O was busy or away {COME_BACKS} times in a row")


def sleep(context: df.DurableOrchestrationContext, wait: timedelta) -> Any:
    """The task of a wait, which is two seconds at least: without a wait, a loop would spin."""
    return context.create_timer(context.current_utc_datetime + max(wait, SHORTEST))


def sleep_until_woken(
    context: df.DurableOrchestrationContext, event: str, wait: timedelta
) -> Generator[Any, Any, bool]:
    """Sleep for so long, or until the event comes; whether it came. A name must serve for one wait only.

    Durable would replay an early event to every later wait of the same name.
    """
    if not event:
        yield sleep(context, wait)
        return False
    woken: Any = context.wait_for_external_event(event)
    timer: Any = sleep(context, wait)
    first = yield context.task_any([woken, timer])
    if first != woken:
        return False
    timer.cancel()
    return True


def run_part(context: df.DurableOrchestrationContext, orchestrator: Any, record: object) -> Any:
    """The task of a sub-orchestration.

    The result's type is given here, because Durable would take it from the wrapper around the orchestrator: text.
    """
    return context.call_sub_orchestrator(orchestrator, to_json(record), expected_type=dict)


@bp.orchestration_trigger(context_name="context")
def await_opening(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Wait until the circuit of an environment has closed. A freeze does not matter to what F&O has already."""
    place = context.get_input()
    for count in range(LOOKS_PER_GENERATION):
        answer = yield context.call_activity_with_retry(find_standing.__name__, STEP_RETRIES, place)
        standing = from_json(Standing, answer)
        if standing.closure is None or standing.closure.until:
            return None
        if count == 0:
            yield context.call_activity_with_retry(guard.__name__, STEP_RETRIES, to_json(standing.closure))
        yield sleep(context, min(timedelta(seconds=standing.wait), LONGEST))
    context.continue_as_new(place)
    return None
