"""Delivers an export's package to the target, and retries for as long as F&O keeps the package."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.delivery import Delivered, DeliveryStep, deliver
from landfall.polling import Pace, next_look
from landfall.records import Finding, Outcome, Step, from_json, to_json
from orchestrations.calls import run_step, sleep
from orchestrations.ending import ask_for_attention, failure_of

bp = df.Blueprint()

TRIES_PER_GENERATION = 20
KEPT = timedelta(days=7)
"""How long F&O keeps a package (fno-behaviour 7.3)."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
"""Waits between two tries of a failing delivery double from the first on."""


@dataclass(frozen=True)
class Delivery:
    """What to deliver, how often to ask F&O for it, when to ask a person to look, and how far the delivery has got.

    `asks` counts how often F&O named no package, `failures` how often the package did not arrive.
    """

    step: Step
    deadline_hours: float
    pace: Pace = field(default_factory=Pace)
    started: datetime | None = None
    asks: int = 0
    failures: int = 0
    overdue: bool = False


@bp.orchestration_trigger(context_name="context")
def deliver_package(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """How the delivery ends. It is retried for days, because the rows of a package that does not arrive are lost.

    If the deadline passes first, the run is settled as NeedsAttention and the delivery goes on. A late success corrects
    the run.
    """
    delivery = from_json(Delivery, context.get_input())
    for _ in range(TRIES_PER_GENERATION):
        delivered = yield from _try(context, delivery)
        if delivered.finding:
            return to_json(delivered.finding)
        now = context.current_utc_datetime
        started = delivery.started or now
        if now - started > KEPT:
            return to_json(_lost(delivered))
        delivery = replace(
            delivery,
            started=started,
            asks=delivery.asks + (delivered.trouble is None),
            failures=delivery.failures + (delivered.trouble is not None),
        )
        if now - started > timedelta(hours=delivery.deadline_hours) and not delivery.overdue:
            overdue = yield from ask_for_attention(context, delivery.step, _overdue(delivery, delivered))
            delivery = replace(delivery, overdue=overdue)
        yield sleep(context, _wait(delivery, now - started, delivered))
    context.continue_as_new(to_json(delivery))
    return None


def _try(context: df.DurableOrchestrationContext, delivery: Delivery) -> Generator[Any, Any, Delivered]:
    """Try once. Whatever fails may go better later."""
    step = DeliveryStep(delivery.step.run_id, delivery.step.attempt, delivery.asks)
    try:
        answer = yield from run_step(context, deliver, step)
    except Exception as error:  # noqa: BLE001  all that a step fails with
        return Delivered(trouble=failure_of(error).reason)
    return from_json(Delivered, answer)


def _wait(delivery: Delivery, elapsed: timedelta, delivered: Delivered) -> timedelta:
    if delivered.trouble is None:
        return next_look(replace(delivery.pace, past=()), elapsed)
    return min(FIRST_WAIT * float(2 ** min(delivery.failures - 1, 10)), LONGEST_WAIT)


def _overdue(delivery: Delivery, delivered: Delivered) -> Finding:
    trouble = delivered.trouble or "F&O is still packing."
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O ran the export {delivery.deadline_hours:g} hours ago, and its package is not in the target: {trouble} "
        "Landfall keeps trying for seven days and starts no other run of this export and company meanwhile.",
    )


def _lost(delivered: Delivered) -> Finding:
    trouble = delivered.trouble or "F&O never named it."
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O ran the export and kept its package for seven days, and Landfall could not fetch it: {trouble} The changes "
        "are in no package. Run a full export to get them and to let the schedule go on.",
    )
