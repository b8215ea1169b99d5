"""What an export run needs to know before it starts, and whether it may."""

from dataclasses import dataclass, field, replace

import azure.durable_functions as df

from activities.archiving import Ending, end
from activities.boundary import activity
from activities.executions import is_executing
from landfall.config.exports import Export
from landfall.fno.errors import RefusedError
from landfall.ledger.lists import RunFilter
from landfall.polling import Pace
from landfall.records import SLOT, Finding, Outcome, Run, State, Step
from landfall.services import Services

bp = df.Blueprint()


@dataclass(frozen=True)
class Order:
    """Which lane the export runs in, its place in the queue (ISO 8601), its deadline and how eagerly to look.

    A `full` one begins with resetting the project's change-tracking tokens.
    """

    lane: str
    slot: str
    deadline_hours: float
    pace: Pace = field(default_factory=Pace)
    full: bool = False
    environment: str = ""


@dataclass(frozen=True)
class Clearance:
    """Whether the export may start: not now where it is to `wait`, never where there is a `refusal`."""

    refusal: Finding | None = None
    wait: bool = False


@activity(bp, Step)
def take_order(services: Services, step: Step) -> Order:
    """Read the export's entry in landfall.yaml."""
    run = services.ledger.move(step.run_id, step.attempt, State.WAITING)
    export = services.plan.export(run.export)
    return Order(
        run.lane,
        run.times[SLOT].isoformat(),
        export.deadline_hours,
        services.pace(run.lane),
        is_full(run, export),
        run.environment,
    )


@activity(bp, Step)
def clear(services: Services, step: Step) -> Clearance:
    """Let no execution start before the last one's package is safe.

    F&O's change-tracking token moves when it runs an export, not when the package arrives (fno-behaviour 6.2). So an export whose package is not safe stops the next ones: they would bring only what changed after it. One that
    is on its way is waited for, by the latest slot alone; one that is not is a person's business. What F&O was surely
    never asked for moved no token, and stops nobody.
    """
    run = services.ledger.get(step.run_id)
    if run.submission.calls or is_preview(run):
        return Clearance()
    export = services.plan.export(run.export)
    alike = unsettled(services, run)
    others = [other for other in alike if not is_preview(other)]
    submitted = [other for other in others if other.execution_id]
    if under_way := next((other for other in submitted if other.outcome is None), None):
        return _behind(run, under_way, others, export)
    if is_full(run, export):
        # The end of an execution that we have lost sight of would move the tokens again after the reset.
        return Clearance(wait=any(is_executing(services, other) for other in alike))
    unsafe = next((other for other in submitted if other.submission.calls), None)
    return Clearance(Finding(Outcome.CANCELED, _stopped(unsafe)) if unsafe else None)


def unsettled(services: Services, run: Run) -> list[Run]:
    """The other runs of its export and company that have not ended or need attention."""
    alike = services.ledger.lists.open_runs(RunFilter(export=run.export, company=run.company))
    return [other for other in alike if other.run_id != run.run_id]


def is_full(run: Run, export: Export) -> bool:
    """Whether everything is to come, not only what changed."""
    return export.refresh == "full" or bool(run.demand and run.demand.full)


def is_preview(run: Run) -> bool:
    """Whether the package is only to be looked at."""
    return run.demand is not None and run.demand.preview is not None


def _behind(run: Run, under_way: Run, others: list[Run], export: Export) -> Clearance:
    """What becomes of a run whose predecessor's package is on its way."""
    if run.demand:
        return Clearance(wait=True)
    if export.missed == "skip":
        reason = f"not started: {under_way.run_id} was still on its way, and slots of this export that come then are skipped"
        return Clearance(Finding(Outcome.CANCELED, reason))
    slot = run.times[SLOT]
    later = (
        other for other in others if not other.execution_id and not other.demand and other.times[SLOT] > slot
    )
    if newer := next(later, None):
        reason = f"{under_way.run_id} was still on its way when {newer.run_id} came, which brings what this would have"
        return Clearance(Finding(Outcome.SUPERSEDED, reason))
    return Clearance(wait=True)


def _stopped(unsafe: Run) -> str:
    return (
        f"not started: F&O ran {unsafe.run_id} (execution {unsafe.execution_id}), but its package is not in the target. "
        "Have that run take up its delivery again (POST /api/runs/{id}/attempts), or, when F&O has no package any more, "
        f'start a full export (POST /api/exports/{unsafe.export}/runs with "full": true)'
    )


@activity(bp, Step)
def reset_tokens(services: Services, step: Step) -> Finding | None:
    """Reset the change-tracking tokens of the run's data project; a finding where F&O refuses.

    Once F&O has been asked for the export, this does nothing. Then earlier runs whose packages never arrived are given up: what they would have brought comes with this one, or,
    should this one fail, with the next.
    """
    run = services.ledger.get(step.run_id)
    if run.submission.calls:
        return None
    project = str(run.data_project)
    try:
        labels = [each.entity for each in services.fno_of(run).project_entities(project)]
        if not labels:
            return Finding(Outcome.FAILED, f"F&O has no data project {project}, or it has no entities")
        for label in labels:
            services.fno_of(run).reset_version_token(project, label)
    except RefusedError as refusal:
        return Finding(
            Outcome.FAILED, f"the change-tracking tokens of {project} could not be reset: {refusal}"
        )
    change = f"reset the change-tracking tokens of {', '.join(labels)}"
    services.ledger.change(run.run_id, run.attempt, lambda row: replace(row, changes=(change,)))
    _give_up(services, run)
    return None


def _give_up(services: Services, run: Run) -> None:
    reason = f"its package never arrived; {run.run_id} was a full push and replaces it"
    for other in unsettled(services, run):
        if other.outcome and other.execution_id and not is_preview(other):
            end(services, Ending(other.run_id, other.attempt, Finding(Outcome.FAILED, reason)))
