"""The page of exports: when they are due, and what came of them."""

from datetime import datetime

import azure.durable_functions as df
import azure.functions as func

from landfall.exports import Export
from landfall.run_lists import RunFilter
from landfall.schedules import next_slots
from landfall.services import Services
from web.dashboard.export_cards import ExportCard, slot_mark, sparkline
from web.dashboard.opening import shown
from web.dashboard.sign_in import OPEN
from web.dashboard.words import moment, schedule

bp = df.Blueprint()

LAST, NEXT = 30, 3
"""Slots on an export's strip, before and after now."""


@bp.route(route="dashboard/exports", methods=["GET"], auth_level=OPEN)
def dashboard_exports(req: func.HttpRequest) -> func.HttpResponse:
    """Every export of landfall.yaml."""
    return shown(req, "exports.html", "Exports", _exports)


def _exports(known: Services) -> dict[str, object]:
    now = known.now()
    return {"cards": [_card(known, export, now) for export in known.plan.exports], "mistakes": known.mistakes}


def _card(known: Services, export: Export, now: datetime) -> ExportCard:
    latest = known.ledger.lists.page(RunFilter(export=export.name), LAST).runs
    oldest_first = tuple(reversed(latest))
    upcoming = next_slots(export.schedule, now, export.zone, NEXT) if export.enabled else []
    return ExportCard(
        export.name,
        export.data_project,
        export.companies,
        schedule(export.schedule, export.time_zone)
        if export.enabled
        else "Only on demand: it is not enabled",
        tuple(slot_mark(run, now) for run in oldest_first),
        tuple(moment(slot, now) for slot in upcoming),
        sparkline(oldest_first),
    )
