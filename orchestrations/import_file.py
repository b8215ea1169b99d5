"""The import of one landed file, from intake to archive."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import azure.durable_functions as df

from activities.counting import count_entities
from activities.intake import Admission, intake
from landfall.gate_queue import Ticket
from landfall.records import Finding, Outcome, Step, from_json
from orchestrations.calls import run_part, run_step
from orchestrations.collect_errors import collect_errors
from orchestrations.ending import carried
from orchestrations.gate import Steps, give_way, given_up, in_turn, judge
from orchestrations.start_execution import Start, start_execution
from orchestrations.watch_execution import Watch, watch_execution

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def import_file(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Carry a file to its end; whatever happens on the way, it ends in the archive with a receipt."""
    return (yield from carried(context, _admitted))


def _admitted(context: df.DurableOrchestrationContext, step: Step) -> Steps:
    answer = yield from run_step(context, intake, step)
    admission = from_json(Admission, answer)
    ticket = Ticket(
        context.instance_id,
        admission.lane,
        admission.landed,
        calls=True,
        degree=admission.calls,
        environment=admission.environment,
        strict=admission.order == "strict",
        holds=admission.on_failure == "hold",
    )
    if admission.refusal:
        if ticket.lane and ticket.holds:
            yield from judge(context, ticket, admission.refusal)
        return admission.refusal
    return (yield from in_turn(context, ticket, _executed(context, step, admission)))


def _executed(context: df.DurableOrchestrationContext, step: Step, admission: Admission) -> Steps:
    start = Start(step, "import", admission.deadline_hours)
    refused = yield run_part(context, start_execution, start)
    yield from give_way(context, "called", context.instance_id)
    if refused:
        return from_json(Finding, refused)
    watch = Watch(step, admission.pace, admission.deadline_hours)
    watched = yield run_part(context, watch_execution, watch)
    finding = from_json(Finding, watched)
    if finding.outcome == Outcome.NEEDS_ATTENTION:
        return finding
    counted = yield from run_step(context, count_entities, step)
    if counted and finding.outcome == Outcome.SUCCEEDED:
        finding = from_json(Finding, counted)
    if finding.outcome != Outcome.SUCCEEDED:
        return (yield from _explained(context, step, finding))
    return finding


def _explained(context: df.DurableOrchestrationContext, step: Step, finding: Finding) -> Steps:
    """The finding with its reason; what F&O does not tell changes nothing about how the run ended."""
    try:
        explanation = yield run_part(context, collect_errors, step)
    except Exception as error:  # noqa: BLE001  all that a sub-orchestration fails with
        return replace(finding, reason=f"its errors could not be fetched: {given_up(error).reason}")
    return replace(finding, reason=finding.reason or explanation["reason"])
