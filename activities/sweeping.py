"""The sweeper: picks up what lost events, dead hosts and terminated orchestrations have left behind."""

import asyncio
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df

from activities.archiving import Ending, LeasedError, end_run
from activities.environments import start_guard
from activities.expecting import check_expected
from activities.gate_steps import ENDED, is_lost
from activities.notices import announce_end
from activities.people import tell_what_waits
from landfall.claims import claim_due, claim_landed, start_run
from landfall.fno.errors import NotSentError
from landfall.fno.redaction import scrub
from landfall.gate_queue import GATE, Queue
from landfall.records import Finding, Outcome, Run, State, from_json
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.storage.landing import Arrival, arrivals
from landfall.telemetry import Sweep, emit

log = logging.getLogger("landfall")

MAX_RESTARTS = 3
"""A run that stops this often and gets no further will stop again, so the sweeper ends it."""
RESTING = {State.WAITING, State.RUNNING}
"""States that last for hours or days. A run that is back in one since its last restart did not stop by itself: each new
release of an orchestrator stops all runs once."""
FAR_LONGER = 3
"""An execution is stuck when it runs this many times as long as the longest known one of its data project."""
NEVER_STUCK = timedelta(minutes=15)
"""F&O's batch framework may take this long to pick up work, whatever it did before."""
KEPT = timedelta(days=30)
"""How long Durable keeps the history of a run after its start. Receipts and the ledger tell of it for ever."""
PURGES_APART = timedelta(days=1)
"""A purge reads the whole list of orchestrations."""
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""Before any orchestration: a purge must have a beginning."""
DISABLED = re.compile("The function '([^']+)' doesn't exist, is disabled")
"""How the Durable extension ends an orchestration that calls a function which the host could not load."""


async def sweep(services: Services, client: df.DurableOrchestrationClient) -> Sweep:
    """Sweep once. What cannot be picked up now is logged and left to the next sweep."""
    found = Sweep(mistakes="\n".join(services.mistakes))
    quiet = await asyncio.to_thread(_quiet_runs, services)
    await _claim_files(services, client, found)
    for run in quiet:
        try:
            status = await client.get_status(run.instance_id)
            if status.runtime_status in ENDED and (missing := DISABLED.search(str(status.output))):
                found.missing = tuple({*found.missing, missing[1]})
                found.restarted += await _start_again(services, client, run)
            elif status.runtime_status in ENDED:
                await _restart_or_settle(services, client, run, found)
            elif await asyncio.to_thread(_mark_overdue, services, run):
                found.overdue += 1
            elif await asyncio.to_thread(is_stuck, services, run):
                found.stuck += 1
        except Exception:
            log.exception("could not pick up %s; the next sweep tries again", run.run_id)
    await _claim_slots(services, client, found)
    queue = await _read_queue(client)
    await _release_lanes(services, client, queue, found)
    await _guard_environments(services, client, queue)
    await check_expected(services, client)
    await _tell_people(services, client)
    await _purge_history(services, client)
    await asyncio.to_thread(services.ledger.sweeps.record, services.now(), found.missing)
    emit(found)
    return found


async def _claim_files(services: Services, client: df.DurableOrchestrationClient, found: Sweep) -> None:
    """Claim and start files that have been in landing without a claim: their events were lost."""
    now, patience = services.now(), timedelta(seconds=services.plan.sweeper.patience_seconds)
    landed: list[Arrival] = await asyncio.to_thread(lambda: list(arrivals(services.account)))
    under_way = await asyncio.to_thread(services.ledger.under_way)
    found.landed = len(landed)
    found.oldest_landing_seconds = max(((now - each.landed).total_seconds() for each in landed), default=0)
    for each in landed:
        if each.run_id in under_way or now - each.landed < patience:
            continue
        try:
            found.unclaimed += await claim_landed(
                services, services.account.blob(f"{LANDING}/{each.name}"), client.start_new
            )
        except Exception:
            log.exception("could not claim %s; the next sweep tries again", each.name)


async def _claim_slots(services: Services, client: df.DurableOrchestrationClient, found: Sweep) -> None:
    """Claim export slots that no timer has claimed: timers do not fire while the app is down."""
    patience = timedelta(seconds=services.plan.sweeper.patience_seconds)
    for export in services.plan.exports:
        try:
            if export.enabled and services.now() - export.slot_before(services.now()) > patience:
                found.missed_slots += await claim_due(services, export, client.start_new)
        except Exception:
            found.missed_slots += 1
            log.exception("could not claim a slot of %s; the next sweep tries again", export.name)


def _quiet_runs(services: Services) -> list[Run]:
    """Runs that have not ended and whose rows have not changed for a while: only these can be dead."""
    patience = timedelta(seconds=services.plan.sweeper.patience_seconds)
    now = services.now()
    quiet = [run_id for run_id, (_, changed) in services.ledger.under_way().items() if now - changed >= patience]
    return [run for run in map(services.ledger.get, quiet) if run.outcome is None]


async def _start_again(services: Services, client: df.DurableOrchestrationClient, run: Run) -> bool:
    """Start a run again, as often as it takes: what it lacked was a function of the host."""
    claimed = await asyncio.to_thread(
        services.ledger.change,
        run.run_id,
        run.attempt,
        lambda row: row if row.outcome else replace(row, state=State.CLAIMED),
    )
    return await start_run(claimed, client.start_new)


async def _restart_or_settle(services: Services, client: df.DurableOrchestrationClient, run: Run, found: Sweep) -> None:
    """Restart a run whose orchestration ended without settling it; after too many restarts in vain, settle it here.

    Every step knows what was done before, so the new orchestration carries on where the old one stopped.
    """
    if _restarts_in_vain(run) < MAX_RESTARTS:
        claimed = await asyncio.to_thread(
            services.ledger.change, run.run_id, run.attempt, lambda row: row if row != run else _restart(row)
        )
        found.restarted += await start_run(claimed, client.start_new)
    else:
        await announce_end(services, await asyncio.to_thread(_settle, services, run), client)
        found.settled += 1


def _restarts_in_vain(run: Run) -> int:
    """How often the run was restarted since it last got further."""
    got_further = run.state in RESTING or 0 < run.reached < len(run.times)
    return 0 if got_further else run.restarts


def _restart(run: Run) -> Run:
    return replace(run, state=State.CLAIMED, restarts=_restarts_in_vain(run) + 1, reached=len(run.times))


def _settle(services: Services, run: Run) -> Run:
    """End a run that no orchestration can end, and archive its file if possible."""
    finding = run.ending or Finding(
        Outcome.NEEDS_ATTENTION,
        f"The run's orchestration stopped {run.restarts + 1} times before its end. See the log, and F&O's Job history.",
    )
    try:
        end_run(services, Ending(run.run_id, run.attempt, finding))
    except LeasedError:
        raise  # the next sweep tries again; the lease is waited for only for minutes
    except Exception as error:
        log.exception("could not settle %s", run.run_id)
        left = f"The file could not be archived: {type(error).__name__}: {scrub(str(error))}".splitlines()[0]
        return services.ledger.change(run.run_id, run.attempt, lambda row: _close(row, row.ending or finding, left))
    return services.ledger.get(run.run_id)


def _close(row: Run, finding: Finding, left: str) -> Run:
    """The row with the end that could not be carried out: what became of the rows counts more than the file's place."""
    if row.outcome:
        return row
    return replace(row, state=State.DONE, outcome=finding.outcome, reason=finding.reason, left_behind=left, ending=None)


def _mark_overdue(services: Services, run: Run) -> bool:
    """Say in the run's row that it has waited for its turn longer than its deadline; False when it has not."""
    if run.kind != "import" or run.state != State.WAITING or services.closure(run.environment):
        return False
    try:
        hours = services.terms_of(run).deadline_hours
    except (LookupError, NotSentError):
        return False
    if services.now() - run.times[State.WAITING] < timedelta(hours=hours):
        return False
    reason = f"The run has waited for its turn longer than its deadline of {hours:g} hours. /api/lanes shows what it waits for."
    services.ledger.change(
        run.run_id, run.attempt, lambda row: replace(row, reason=reason) if row.state == State.WAITING else row
    )
    return True


async def _read_queue(client: df.DurableOrchestrationClient) -> Queue:
    state = await client.read_entity_state(df.EntityId(*GATE))
    return from_json(Queue, (state.entity_state if state.entity_exists else None) or {})


async def _release_lanes(services: Services, client: df.DurableOrchestrationClient, queue: Queue, found: Sweep) -> None:
    """Take runs out of the gate that are over and have not left it."""
    for run in {*queue.holders.values(), *queue.callers, *queue.skipped}:
        if await is_lost(services.ledger, client, run):
            await client.start_new("steer_gate", None, {"operation": "leave", "about": run})
            found.released += 1


async def _guard_environments(services: Services, client: df.DurableOrchestrationClient, queue: Queue) -> None:
    """Have each environment watched over whose circuit is open, or which the gate takes for closed."""
    for environment in services.environments.keys() | queue.closures.keys():
        circuit = await asyncio.to_thread(services.ledger.circuits.get, environment)
        if circuit.is_open or environment in queue.closures:
            await start_guard(environment, client)


async def _tell_people(services: Services, client: df.DurableOrchestrationClient) -> None:
    try:
        await tell_what_waits(services, client.start_new)
    except Exception:
        log.exception("could not see to what people have still to be told; the next sweep tries again")


async def _purge_history(services: Services, client: df.DurableOrchestrationClient) -> None:
    """Delete the history of orchestrations that ended and are old, once a day; about a hundred rows for each run."""
    now = services.now()
    last = await asyncio.to_thread(services.ledger.sweeps.purged)
    if last and now - last < PURGES_APART:
        return
    try:
        await client.purge_instance_history_by(FIRST, now - KEPT, [each for each in ENDED if each])
        await asyncio.to_thread(services.ledger.sweeps.record_purge, now)
    except Exception:
        log.exception("could not purge old history; the next sweep tries again")


def is_stuck(services: Services, run: Run) -> bool:
    """Whether an execution runs far longer than any known one of its data project; False when none is known."""
    if run.state != State.RUNNING or not run.data_project:
        return False
    past = services.ledger.durations.of(run.lane)
    taken = services.now() - run.times[State.RUNNING]
    return bool(past) and taken > max(FAR_LONGER * timedelta(seconds=max(past)), NEVER_STUCK)
