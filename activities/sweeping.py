"""The sweeper: takes up what lost events, dead hosts and terminated orchestrations have left lying."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import azure.durable_functions as df

from activities.archiving import Ending, end
from activities.claims import begin, claim_version
from activities.lateness import is_stuck
from activities.notices import announce_end
from activities.slots import take_slot
from activities.waking import ENDED, is_lost
from landfall.fno.redaction import scrub
from landfall.landing import Arrival, arrivals
from landfall.records import Finding, Outcome, Run, State, from_json
from landfall.services import Services, services
from landfall.storage import LANDING
from landfall.telemetry import Sweep, emit
from landfall.turns import GATE, Queue

log = logging.getLogger("landfall")

MAX_RESTARTS = 3
"""What fails so often fails always: then the run is settled as it stands."""


async def sweep(client: df.DurableOrchestrationClient) -> Sweep:
    """One sweep of this app's storage."""
    return await sweep_once(services(), client)


async def sweep_once(known: Services, client: df.DurableOrchestrationClient) -> Sweep:
    """One sweep; what it cannot take up now is logged and left to the next one."""
    found = Sweep()
    quiet = await asyncio.to_thread(_quiet_runs, known)
    await _take_up_files(known, client, found)
    for run in quiet:
        try:
            status = await client.get_status(run.instance_id)
            if status.runtime_status in ENDED:
                await _take_up_run(known, client, run, found)
            elif await asyncio.to_thread(_note_overdue, known, run):
                found.overdue += 1
            elif await asyncio.to_thread(is_stuck, known, run):
                found.stuck += 1
        except Exception:
            log.exception("%s could not be taken up; the next sweep tries again", run.run_id)
    await _take_up_slots(known, client, found)
    await _release_lanes(known, client, found)
    await asyncio.to_thread(known.ledger.sweeps.note, known.now())
    emit(found)
    return found


async def _take_up_files(known: Services, client: df.DurableOrchestrationClient, found: Sweep) -> None:
    """Claim and start what has lain in landing without a claim: its event was lost."""
    now, patience = known.now(), timedelta(seconds=known.plan.sweeper.patience_seconds)
    landed: list[Arrival] = await asyncio.to_thread(lambda: list(arrivals(known.account)))
    under_way = await asyncio.to_thread(known.ledger.under_way)
    found.landed = len(landed)
    found.oldest_landing_seconds = max(((now - each.landed).total_seconds() for each in landed), default=0)
    for each in landed:
        if each.run_id in under_way or now - each.landed < patience:
            continue
        try:
            found.unclaimed += await claim_version(
                known, known.account.blob(f"{LANDING}/{each.name}"), client.start_new
            )
        except Exception:
            log.exception("%s could not be claimed; the next sweep tries again", each.name)


async def _take_up_slots(known: Services, client: df.DurableOrchestrationClient, found: Sweep) -> None:
    """Take the slots of exports that no timer has taken: none fires while the app is down."""
    patience = timedelta(seconds=known.plan.sweeper.patience_seconds)
    for export in known.plan.exports:
        try:
            if export.enabled and known.now() - export.slot_before(known.now()) > patience:
                found.missed_slots += await take_slot(known, export, client.start_new)
        except Exception:
            found.missed_slots += 1
            log.exception("a slot of %s could not be taken; the next sweep tries again", export.name)


def _quiet_runs(known: Services) -> list[Run]:
    """The runs that have not ended and whose rows have not changed for a while: only they can be dead."""
    patience = timedelta(seconds=known.plan.sweeper.patience_seconds)
    now = known.now()
    quiet = [run_id for run_id, (_, changed) in known.ledger.under_way().items() if now - changed >= patience]
    return [run for run in map(known.ledger.get, quiet) if run.outcome is None]


async def _take_up_run(
    known: Services, client: df.DurableOrchestrationClient, run: Run, found: Sweep
) -> None:
    """Start a run again whose orchestration has ended without settling it; settle it here when that is no use.

    Every step knows what was done before, so the new orchestration carries on where the old one stopped.
    """
    if run.restarts < MAX_RESTARTS:
        claimed = await asyncio.to_thread(
            known.ledger.change, run.run_id, run.attempt, lambda row: _claimed_again(row, run.restarts)
        )
        found.restarted += await begin(claimed, client.start_new)
    else:
        await announce_end(known, await asyncio.to_thread(_settle, known, run), client)
        found.settled += 1


def _claimed_again(row: Run, restarts: int) -> Run:
    if row.outcome or row.restarts != restarts:
        return row
    return replace(row, state=State.CLAIMED, restarts=restarts + 1)


def _settle(known: Services, run: Run) -> Run:
    """End a run that no orchestration can end, with its file where it can be brought."""
    finding = Finding(
        Outcome.NEEDS_ATTENTION,
        f"its orchestration stopped {run.restarts + 1} times before the end; see the log, and F&O's Job history",
    )
    try:
        end(known, Ending(run.run_id, run.attempt, finding))
    except Exception as error:
        log.exception("%s cannot be settled", run.run_id)
        reason = f"{finding.reason}; it could not be archived: {type(error).__name__}: {scrub(str(error))}"
        return known.ledger.change(run.run_id, run.attempt, lambda row: _closed(row, finding.outcome, reason))
    return known.ledger.get(run.run_id)


def _closed(row: Run, outcome: Outcome, reason: str) -> Run:
    if row.outcome:
        return row
    return replace(row, state=State.DONE, outcome=outcome, reason=reason.splitlines()[0])


def _note_overdue(known: Services, run: Run) -> bool:
    """Say in the row of a run that waits for its turn longer than its deadline that it does."""
    if run.kind != "import" or run.state != State.WAITING:
        return False
    try:
        hours = known.plan.route(run.route).deadline_hours
    except LookupError:
        return False
    if known.now() - run.times[State.WAITING] < timedelta(hours=hours):
        return False
    reason = f"waits for its turn longer than its deadline of {hours:g} hours; /api/lanes says what for"
    known.ledger.change(
        run.run_id,
        run.attempt,
        lambda row: replace(row, reason=reason) if row.state == State.WAITING else row,
    )
    return True


async def _release_lanes(known: Services, client: df.DurableOrchestrationClient, found: Sweep) -> None:
    """Have those leave the gate that are over and have not left it."""
    state = await client.read_entity_state(df.EntityId(*GATE))
    if not state.entity_exists or not state.entity_state:
        return
    queue = from_json(Queue, state.entity_state)
    for run in {*queue.holders.values(), *queue.callers, *queue.skipped}:
        if await is_lost(known.ledger, client, run):
            await client.start_new("steer_gate", None, {"operation": "leave", "about": run})
            found.released += 1
