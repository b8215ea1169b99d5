"""What has an effect: one idempotent step each, which orchestrations call by name."""

from activities import (
    archiving,
    counting,
    delivery,
    environments,
    error_files,
    executions,
    export_orders,
    gate_steps,
    intake,
    notices,
    people,
    submission,
    summaries,
)

PARTS = (
    archiving,
    counting,
    delivery,
    environments,
    error_files,
    executions,
    export_orders,
    gate_steps,
    intake,
    notices,
    people,
    submission,
    summaries,
)
