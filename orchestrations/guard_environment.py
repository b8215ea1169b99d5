"""Watches over an environment to which nothing may go, and opens the gate to it when that is over."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.environments import Place, Standing, probe_environment
from landfall.records import from_json, to_json
from orchestrations.calls import run_step, sleep
from orchestrations.gate import give_way

bp = df.Blueprint()

PROBES_PER_GENERATION = 20


@bp.orchestration_trigger(context_name="context")
def guard_environment(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Probe the environment until runs may go there, and then open the gate. Whoever goes too early finds it closed."""
    place = from_json(Place, context.get_input())
    for _ in range(PROBES_PER_GENERATION):
        standing = from_json(Standing, (yield from run_step(context, probe_environment, place)))
        if standing.closure is None:
            yield from give_way(context, "open", place.environment)
            return
        yield from give_way(context, "close", to_json(standing.closure))
        yield sleep(context, timedelta(seconds=standing.wait))
    context.continue_as_new(to_json(place))
