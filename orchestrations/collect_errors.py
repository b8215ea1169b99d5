"""Fetches everything that F&O knows about an execution's failures, before F&O forgets it."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.error_files import (
    EntityStep,
    Suspects,
    explain,
    fetch_error_keys,
    fetch_messages,
    fetch_staging_errors,
    generate_error_keys,
)
from landfall.fno.redaction import LISTED, listed
from landfall.records import Step, from_json, to_json
from orchestrations.calls import run_step, sleep
from orchestrations.ending import failure_of

bp = df.Blueprint()

KEYS_ASKS = 60
"""F&O writes an error-keys file within seconds or minutes. A file that never comes must not hold the run."""
KEYS_WAIT = timedelta(seconds=5)
KEYS_FIRST_WAIT = timedelta(seconds=2)


ENTITIES_PER_GENERATION = 20
ASKS_PER_GENERATION = 30
"""Both bound the durable history of an execution whose hundreds of entities all failed."""


@dataclass(frozen=True)
class Collecting:
    """Which attempt of which run, the entities still to ask about (None: not known yet), and the failed fetches."""

    run_id: str
    attempt: int
    entities: tuple[str, ...] | None = None
    lost: tuple[str, ...] = ()


@bp.orchestration_trigger(context_name="context")
def collect_errors(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Fetch the messages, the rows that did not reach staging and the keys of those that did; then write errors.csv.

    When the files of one entity cannot be fetched, the others and the explanation still are.
    """
    work = from_json(Collecting, context.get_input())
    step = Step(work.run_id, work.attempt)
    if work.entities is None:
        answer = yield from run_step(context, fetch_messages, step)
        work = replace(work, entities=from_json(Suspects, answer).entities)
    left, lost, asks = list(work.entities or ()), list(work.lost), 0
    for _ in range(min(ENTITIES_PER_GENERATION, len(left))):
        entity = left.pop(0)
        try:
            asks += yield from _fetch_files(context, EntityStep(step.run_id, step.attempt, entity))
        except Exception as error:  # noqa: BLE001  all that a step fails with
            # What fails for one entity fails for most. The first reasons are enough, and thousands would fill history.
            lost.append(f"{entity}: {failure_of(error).reason}" if len(lost) < LISTED else entity)
        if asks >= ASKS_PER_GENERATION:
            break
    if left:
        context.continue_as_new(to_json(replace(work, entities=tuple(left), lost=tuple(lost))))
        return None
    explanation: dict[str, Any] = yield from run_step(context, explain, step)
    if lost:
        reason = f"{explanation['reason']} Error files that could not be fetched: {listed(lost, longest=200)}"
        return {**explanation, "reason": reason}
    return explanation


def _fetch_files(context: df.DurableOrchestrationContext, about: EntityStep) -> Generator[Any, Any, int]:
    """Fetch both files of an entity; returns how often F&O was asked for the second one."""
    yield from run_step(context, fetch_staging_errors, about)
    expected = yield from run_step(context, generate_error_keys, about)
    if not expected:
        return 0
    for ask in range(KEYS_ASKS):
        fetched = yield from run_step(context, fetch_error_keys, about)
        if fetched:
            return ask
        yield sleep(context, KEYS_WAIT if ask else KEYS_FIRST_WAIT)
    return KEYS_ASKS
