"""The steps."""

from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()


@bp.activity_trigger(input_name="lines")
def add_up(lines: Any) -> int:
    return sum(lines)


@bp.activity_trigger(input_name="net")
async def add_tax(net: int) -> float:
    return net * 1.2


@bp.activity_trigger(input_name="gross")
def write_out(gross: float) -> str:
    return f"{gross:.2f} EUR"
