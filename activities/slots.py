"""Slots: what an export's timer, the sweeper and people ask for becomes a run, once."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta

from activities.claims import Start, begin
from landfall.exports import Export
from landfall.records import Action, Demand, Run, State, demanded_run_id, export_run_id
from landfall.services import Services, services

log = logging.getLogger("landfall")

LATE = timedelta(hours=1)
"""From so long after it on, a slot that nobody took is a missed one."""


async def claim_due(name: str, start: Start) -> None:
    """An export's timer fired: claim the latest slot for each of its companies and start their runs, once."""
    known = services()
    await take_slot(known, known.plan.export(name), start)


async def take_slot(known: Services, export: Export, start: Start) -> int:
    """The same; how many runs were started. What hinders one company's run hinders no other's.

    Timers fire late, twice, and in between slots: a slot that is taken already is nobody's any more.
    """
    now = known.now()
    slot, started, trouble = export.slot_before(now), 0, []
    for company in export.companies:
        try:
            run = await asyncio.to_thread(_claimed_slot, known, export, company, slot, late=now - slot > LATE)
            started += run is not None and await begin(run, start)
        except Exception as error:
            log.exception(
                "%s of %s could not be taken for %s; the sweeper tries again", slot, export.name, company
            )
            trouble.append(error)
    if trouble:
        raise trouble[0]
    return started


def claim_demand(known: Services, export: Export, company: str, demand: Demand, asked: Action) -> Run:
    """The run that a person `asked` for: a new one, or that of the same request made before."""
    run_id = demanded_run_id(export.name, company, demand)
    run = _new_run(export, company, run_id, asked.at.replace(microsecond=0))
    return known.ledger.taken(replace(run, demand=demand, history=(asked,)))


def _claimed_slot(known: Services, export: Export, company: str, slot: datetime, *, late: bool) -> Run | None:
    """The slot's run; None for a missed slot that is nobody's business: where `missed` says so, or before the first."""
    run = _new_run(export, company, export_run_id(export.name, company, slot), slot)
    if late and (export.missed == "skip" or not known.ledger.has_export_before(run)):
        return None
    return known.ledger.taken(run)


def _new_run(export: Export, company: str, run_id: str, slot: datetime) -> Run:
    return Run(
        run_id=run_id,
        kind="export",
        state=State.CLAIMED,
        export=export.name,
        company=company,
        data_project=export.project_of(company),
        environment=export.environment or "",
        times={"Slot": slot},
    )
