"""Decides whether an export run may start, and resets what F&O has already exported where everything is wanted."""

from dataclasses import dataclass, field, replace

import azure.durable_functions as df

from activities.archiving import Ending, end_run
from activities.boundary import activity
from activities.executions import is_executing
from landfall.config.plan import VanishedError
from landfall.fno.errors import RefusedError
from landfall.ledger.lists import RunFilter
from landfall.polling import Pace
from landfall.records import SLOT, Finding, Outcome, Run, State, Step, Terms
from landfall.services import Services

bp = df.Blueprint()


@dataclass(frozen=True)
class Order:
    """The export's lane, its rank in the queue (ISO 8601), its deadline, and how often to look.

    A `full` export begins by resetting the project's change-tracking tokens. With a `refusal` the run is over.
    """

    lane: str
    slot: str
    deadline_hours: float
    pace: Pace = field(default_factory=Pace)
    full: bool = False
    environment: str = ""
    refusal: Finding | None = None


@dataclass(frozen=True)
class Clearance:
    """Whether the export may start. With `wait` it may not yet, with a `refusal` it never may."""

    refusal: Finding | None = None
    wait: bool = False


@activity(bp, Step, over=lambda finding: Order("", "", 0, refusal=finding))
def take_order(services: Services, step: Step) -> Order:
    """What landfall.yaml says about the export; moves the run to Waiting."""

    def with_terms(row: Run) -> Run:
        return row if row.outcome else replace(row, state=State.WAITING, terms=_terms(services, row))

    run = services.ledger.change(step.run_id, step.attempt, with_terms)
    terms = services.terms_of(run)
    return Order(
        run.lane,
        run.times[SLOT].isoformat(),
        terms.deadline_hours,
        services.pace(run.lane),
        is_full(run, terms),
        run.environment,
    )


def _terms(services: Services, run: Run) -> Terms:
    """The terms of this attempt: a later one goes by what landfall.yaml says now, if it still has the export."""
    if run.terms and run.terms.attempt == run.attempt:
        return run.terms
    try:
        return services.plan.export(run.export).terms(run.attempt)
    except VanishedError:
        if run.terms is None:
            raise
        return replace(run.terms, attempt=run.attempt)


@activity(bp, Step, over=Clearance)
def clear(services: Services, step: Step) -> Clearance:
    """Whether the export may start: not before the previous package is safe.

    F&O moves its change-tracking token when it runs an export, not when the package arrives (fno-behaviour 6.2). An
    export that starts too early would bring only what changed since a package that may never arrive. So the latest slot
    waits for a package that is on its way, and a lost package stops the export until a person acts. An execution that
    F&O was surely never asked for moved no token and stops nothing.
    """
    run = services.ledger.get(step.run_id)
    if run.submission.calls or is_preview(run):
        return Clearance()
    terms = services.terms_of(run)
    alike = unsettled(services, run)
    others = [other for other in alike if not is_preview(other)]
    submitted = [other for other in others if other.execution_id]
    if under_way := next((other for other in submitted if other.outcome is None), None):
        return _behind_other(run, under_way, others, terms)
    if is_full(run, terms):
        # An execution that Landfall has lost sight of may still end, and would move the tokens again after the reset.
        return Clearance(wait=any(is_executing(services, other) for other in alike))
    unsafe = next((other for other in submitted if other.submission.calls), None)
    return Clearance(Finding(Outcome.CANCELED, _unsafe_reason(unsafe)) if unsafe else None)


def unsettled(services: Services, run: Run) -> list[Run]:
    """The other runs of the same export and company that have not ended or need attention."""
    alike = services.ledger.lists.open_runs(RunFilter(export=run.export, company=run.company))
    return [other for other in alike if other.run_id != run.run_id]


def is_full(run: Run, terms: Terms) -> bool:
    """Whether the run exports everything, not only changes."""
    return terms.refresh == "full" or bool(run.demand and run.demand.full)


def is_preview(run: Run) -> bool:
    """Whether the run exports a preview, which is not delivered."""
    return run.demand is not None and run.demand.preview is not None


def _behind_other(run: Run, under_way: Run, others: list[Run], terms: Terms) -> Clearance:
    """What a run does while the previous package is on its way."""
    if run.demand:
        return Clearance(wait=True)
    if terms.missed == "skip":
        reason = (
            f"Not started: {under_way.run_id} was still under way, and this export skips slots that come meanwhile."
        )
        return Clearance(Finding(Outcome.CANCELED, reason))
    slot = run.times[SLOT]
    later = (other for other in others if not other.execution_id and not other.demand and other.times[SLOT] > slot)
    if newer := next(later, None):
        reason = f"{newer.run_id} came while {under_way.run_id} was still under way, and exports the same changes."
        return Clearance(Finding(Outcome.SUPERSEDED, reason))
    return Clearance(wait=True)


def _unsafe_reason(unsafe: Run) -> str:
    return (
        f"Not started: F&O ran {unsafe.run_id} (execution {unsafe.execution_id}), but its package is not in the target. "
        "Resume that run's delivery (POST /api/runs/{id}/attempts). If F&O no longer has the package, start a full export "
        f'(POST /api/exports/{unsafe.export}/runs with "full": true).'
    )


@activity(bp, Step, over=lambda finding: finding)
def reset_tokens(services: Services, step: Step) -> Finding | None:
    """Reset the change-tracking tokens of the run's data project; a finding where F&O refuses.

    Earlier runs whose packages never arrived then end as Failed: this run, or the next if this one fails, exports what
    they would have. Once F&O has been asked for the export, this step does nothing.
    """
    run = services.ledger.get(step.run_id)
    if run.submission.calls:
        return None
    project = str(run.data_project)
    try:
        entities = services.fno_of(run).project_entities(project)
        if not entities:
            return Finding(Outcome.FAILED, f"F&O has no data project {project}, or the project has no entities.")
        for each in entities:
            if not services.fno_of(run).reset_version_token(project, each.entity) and not each.is_full:
                reason = f"F&O says that it did not reset the change-tracking token of {each.entity} in {project}, so "
                return Finding(Outcome.FAILED, f"{reason}this export would not be full. Nothing was exported.")
    except RefusedError as refusal:
        return Finding(Outcome.FAILED, f"F&O did not reset the change-tracking tokens of {project}: {refusal}")
    change = f"reset the change-tracking tokens of {', '.join(each.entity for each in entities)}"
    services.ledger.change(run.run_id, run.attempt, lambda row: replace(row, changes=(change,)))
    _end_lost_runs(services, run)
    return None


def _end_lost_runs(services: Services, run: Run) -> None:
    reason = f"The package never arrived. The full export {run.run_id} replaces it."
    for other in unsettled(services, run):
        if other.outcome and other.execution_id and not is_preview(other):
            end_run(services, Ending(other.run_id, other.attempt, Finding(Outcome.FAILED, reason)))
