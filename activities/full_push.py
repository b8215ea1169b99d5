"""A full push: F&O forgets what it has brought, so that the next export brings everything."""

from dataclasses import replace

import azure.durable_functions as df

from activities.archiving import Ending, end
from activities.boundary import carries
from activities.exports import is_preview, unsettled
from landfall.fno.errors import RefusedError
from landfall.records import Finding, Outcome, Run, Step
from landfall.services import Services, services

bp = df.Blueprint()


@bp.activity_trigger(input_name="data")
@carries(Step)
def reset_tokens(step: Step) -> Finding | None:
    """Reset the change-tracking tokens of the run's data project; a finding where F&O refuses."""
    return reset(services(), step)


def reset(known: Services, step: Step) -> Finding | None:
    """The same, before F&O is asked for the export; asked to once more after that, it does nothing.

    Then earlier runs whose packages never arrived are given up: what they would have brought comes with this one, or,
    should this one fail, with the next.
    """
    run = known.ledger.get(step.run_id)
    if run.submission.calls:
        return None
    project = str(run.data_project)
    try:
        labels = [each.entity for each in known.fno_of(run).project_entities(project)]
        if not labels:
            return Finding(Outcome.FAILED, f"F&O has no data project {project}, or it has no entities")
        for label in labels:
            known.fno_of(run).reset_version_token(project, label)
    except RefusedError as refusal:
        return Finding(
            Outcome.FAILED, f"the change-tracking tokens of {project} could not be reset: {refusal}"
        )
    change = f"reset the change-tracking tokens of {', '.join(labels)}"
    known.ledger.change(run.run_id, run.attempt, lambda row: replace(row, changes=(change,)))
    _give_up(known, run)
    return None


def _give_up(known: Services, run: Run) -> None:
    reason = f"its package never arrived; {run.run_id} was a full push and replaces it"
    for other in unsettled(known, run):
        if other.outcome and other.execution_id and not is_preview(other):
            end(known, Ending(other.run_id, other.attempt, Finding(Outcome.FAILED, reason)))
