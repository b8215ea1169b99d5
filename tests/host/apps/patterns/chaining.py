"""Function chaining: each step takes the result of the step before; the orchestrator names its functions by strings."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context", orchestration="PriceOrder")
def price_order(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    net = yield context.call_activity("add_up", context.get_input())
    gross = yield context.call_activity("add_tax", net)
    return (yield context.call_activity("write_out", gross))


@bp.activity_trigger(input_name="lines")
def add_up(lines: Any) -> int:
    return sum(lines)


@bp.activity_trigger(input_name="net")
async def add_tax(net: int) -> float:
    return net * 1.2


@bp.activity_trigger(input_name="gross")
def write_out(gross: float) -> str:
    return f"{gross:.2f} EUR"
