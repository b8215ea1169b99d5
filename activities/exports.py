"""What an export run needs to know before it starts."""

from dataclasses import dataclass, field

import azure.durable_functions as df

from activities.boundary import carries
from landfall.polling import Pace
from landfall.records import State, Step, lane
from landfall.services import services

bp = df.Blueprint()


@dataclass(frozen=True)
class Order:
    """Which lane the export runs in, its place in the queue (ISO 8601), its deadline and how eagerly to look."""

    lane: str
    slot: str
    deadline_hours: float
    pace: Pace = field(default_factory=Pace)


@bp.activity_trigger(input_name="data")
@carries(Step)
def take_order(step: Step) -> Order:
    """Read the export's entry in landfall.yaml."""
    known = services()
    run = known.ledger.move(step.run_id, step.attempt, State.WAITING)
    export = known.plan.export(run.export)
    return Order(
        lane(export.data_project),
        run.times["Slot"].isoformat(),
        export.deadline_hours,
        known.plan.polling.pace,
    )
