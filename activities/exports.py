"""What an export run needs to know before it starts, and whether it may."""

from dataclasses import dataclass, field

import azure.durable_functions as df

from activities.boundary import carries
from landfall.ledger import Ledger
from landfall.polling import Pace
from landfall.records import Finding, Outcome, Run, State, Step, lane
from landfall.run_lists import RunFilter
from landfall.services import Services, services

bp = df.Blueprint()


@dataclass(frozen=True)
class Order:
    """Which lane the export runs in, its place in the queue (ISO 8601), its deadline and how eagerly to look."""

    lane: str
    slot: str
    deadline_hours: float
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class Clearance:
    """Whether the export may start: `refusal` when an earlier one's rows are not safe yet."""

    refusal: Finding | None = None


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
        known.pace(export.data_project),
    )


@bp.activity_trigger(input_name="data")
@carries(Step)
def clear(step: Step) -> Clearance:
    """Let no execution start before the last one's package is safe; asked while holding the export's lane."""
    return cleared(services(), step)


def cleared(known: Services, step: Step) -> Clearance:
    """F&O's change-tracking token moves when it runs an export, not when the package arrives (fno-behaviour 6.2).

    So an export whose package is not safe stops the next ones: they would bring only what changed after it.
    """
    run = known.ledger.get(step.run_id)
    unsafe = unsafe_before(known.ledger, run)
    if unsafe is None:
        return Clearance()
    reason = (
        f"not started: F&O ran {unsafe.run_id} (execution {unsafe.execution_id}), but its package is not in the "
        "target; have that run take up its delivery again (POST /api/runs/{id}/attempts) before the next one"
    )
    return Clearance(Finding(Outcome.NEEDS_ATTENTION, reason))


def unsafe_before(ledger: Ledger, run: Run) -> Run | None:
    """An export of the same name and company that F&O may have run and whose package has not arrived."""
    for other in ledger.lists.open(RunFilter(export=run.export, company=run.company)):
        if other.run_id != run.run_id and other.execution_id:
            return other
    return None
