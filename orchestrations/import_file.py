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
from orchestrations.ending import Steps, failure_of, finish_run, leave_lane, with_lane
from orchestrations.gate import close_gate, give_way
from orchestrations.start_execution import Start, start_execution, started_of
from orchestrations.watch_execution import Watch, watch_execution

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def import_file(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Import a file. Whatever happens on the way, the file ends in the archive with a receipt."""
    return (yield from finish_run(context, _import))


def _import(context: df.DurableOrchestrationContext, step: Step) -> Steps:
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
        follows=admission.follows,
        holds=admission.on_failure == "hold",
        name=admission.name,
    )
    if admission.refusal:
        if ticket.lane and ticket.holds:
            yield from leave_lane(context, ticket, admission.refusal)
        return admission.refusal
    return (yield from with_lane(context, ticket, _execute(context, step, admission)))


def _execute(context: df.DurableOrchestrationContext, step: Step, admission: Admission) -> Steps:
    start = Start(step, "import", admission.deadline_hours)
    started = started_of((yield run_part(context, start_execution, start)))
    if started.closure:
        yield from close_gate(context, started.closure)
        return started.closure
    yield from give_way(context, "called", context.instance_id)
    if started.finding:
        return started.finding
    watch = Watch(step, admission.pace, admission.deadline_hours)
    watched = yield run_part(context, watch_execution, watch)
    finding = from_json(Finding, watched)
    if finding.outcome == Outcome.NEEDS_ATTENTION:
        return finding
    counted = yield from run_step(context, count_entities, step)
    if counted and finding.outcome == Outcome.SUCCEEDED:
        finding = from_json(Finding, counted)
    if finding.outcome != Outcome.SUCCEEDED:
        return (yield from _explain(context, step, finding))
    return finding


def _explain(context: df.DurableOrchestrationContext, step: Step, finding: Finding) -> Steps:
    """The finding with its reason. What F&O does not tell changes nothing about the outcome."""
    try:
        explanation = yield run_part(context, collect_errors, step)
    except Exception as error:  # noqa: BLE001  all that a sub-orchestration fails with
        return replace(finding, reason=f"The errors could not be fetched from F&O. {failure_of(error).reason}")
    return replace(finding, reason=finding.reason or explanation["reason"])
