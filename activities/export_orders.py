"""Decides whether an export run may start, and resets what F&O has already exported where everything is wanted."""

from dataclasses import dataclass, field, replace

import azure.durable_functions as df

from activities.archiving import Ending, end_run
from activities.boundary import activity
from activities.executions import is_executing
from activities.submission import closure_for
from landfall.config.plan import VanishedError
from landfall.fno.errors import RefusedError
from landfall.ledger.lists import RunFilter
from landfall.polling import Pace
from landfall.records import SLOT, Closure, Finding, Outcome, Run, State, Step, Terms
from landfall.services import Services

bp = df.Blueprint()

SAME_CHANGES = "It exports the same changes."


@dataclass(frozen=True)
class Order:
    """The export's name and lane, its rank in the queue (ISO 8601), its deadline, and how often to look.

    A `full` export begins by resetting the project's change-tracking tokens. With a `refusal` the run is over.
    """

    lane: str
    slot: str
    deadline_hours: float
    pace: Pace = field(default_factory=Pace)
    full: bool = False
    environment: str = ""
    refusal: Finding | None = None
    name: str = ""


@dataclass(frozen=True)
class Clearance:
    """Whether the export may start. With `wait` or `closure` it may not yet, with a `refusal` it never may."""

    refusal: Finding | None = None
    wait: bool = False
    closure: Closure | None = None


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
        name=run.export or "",
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
    if run.submission.calls:
        return Clearance()
    terms = services.terms_of(run)
    if closure := closure_for(services, run):
        return _behind_closure(services, run, terms, closure)
    return Clearance() if is_preview(run) else _behind_others(services, run, terms)


def _behind_others(services: Services, run: Run, terms: Terms) -> Clearance:
    """What a run does behind earlier runs of its export and company, and later slots."""
    alike = unsettled(services, run)
    others = [other for other in alike if not is_preview(other)]
    submitted = [other for other in others if other.execution_id]
    if under_way := next((other for other in submitted if other.outcome is None), None):
        return _behind_other(run, under_way, others, terms)
    if newer := _newer_slot(run, others):
        return Clearance(Finding(Outcome.SUPERSEDED, f"{newer.run_id} came while this run waited. {SAME_CHANGES}"))
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
    if newer := _newer_slot(run, others):
        reason = f"{newer.run_id} came while {under_way.run_id} was still under way. {SAME_CHANGES}"
        return Clearance(Finding(Outcome.SUPERSEDED, reason))
    return Clearance(wait=True)


def _newer_slot(run: Run, others: list[Run]) -> Run | None:
    """A later slot that waits too; what a person asked for waits for itself."""
    if run.demand:
        return None
    slot = run.times[SLOT]
    later = (other for other in others if not other.execution_id and not other.demand and other.times[SLOT] > slot)
    return next(later, None)


def _behind_closure(services: Services, run: Run, terms: Terms, closure: Closure) -> Clearance:
    """What a run does whose environment is closed."""
    if terms.missed == "skip" and not run.demand:
        reason = f"Not started: nothing could go to F&O ({closure.reason}), and this export skips slots that come then."
        return Clearance(Finding(Outcome.CANCELED, reason))
    services.ledger.change(
        run.run_id, run.attempt, lambda row: row if row.outcome else replace(row, reason=closure.words)
    )
    return Clearance(closure=closure)


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
