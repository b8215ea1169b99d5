"""The summary of a slot: what it exported from each company, once all of its runs have ended."""

import json
import logging
from typing import Any

import azure.durable_functions as df

from activities.boundary import activity
from landfall.config.target_path import Slot
from landfall.ids import export_run_id
from landfall.ledger.file_labels import FileLabel
from landfall.ledger.ledger import RunNotFoundError
from landfall.records import SLOT, Run, Step
from landfall.services import Services
from landfall.storage.account import REPORTS

bp = df.Blueprint()
log = logging.getLogger("landfall")


@activity(bp, Step)
def summarise(services: Services, step: Step) -> bool:
    """Write the slot's summary when this run is the last of the slot to end; True when it was.

    The summary is `reports/<export>-<slot>/summary.json` and an event in the log. Runs on demand have none.
    """
    run = services.ledger.get(step.run_id)
    runs = _slot_runs(services, run)
    if not runs or any(each is None or each.outcome is None for each in runs):
        return False
    ended = [each for each in runs if each is not None]
    slot = run.times[SLOT]
    summary: dict[str, Any] = {
        "export": run.export,
        "slot": slot.isoformat(),
        "companies": [_line(each) for each in ended],
    }
    path = f"{REPORTS}/{run.export}-{Slot(slot)}/summary.json"
    services.account.write(path, json.dumps(summary, indent=2, ensure_ascii=False).encode())
    log.info("%s", json.dumps({"event": "export_slot", **summary}))
    return True


def _slot_runs(services: Services, run: Run) -> list[Run | None]:
    """The slot's runs, one per company (None: never claimed); empty for an export of a single company."""
    companies = services.terms_of(run).companies
    if run.demand or not companies:
        return []
    return [_find(services, export_run_id(str(run.export), company, run.times[SLOT])) for company in companies]


def _find(services: Services, run_id: str) -> Run | None:
    try:
        return services.ledger.get(run_id)
    except RunNotFoundError:
        return None


def _line(run: Run) -> dict[str, Any]:
    return {
        "company": run.company,
        "run_id": run.run_id,
        "outcome": run.outcome,
        "reason": run.reason,
        "rows": sum(each.staged for each in run.entities),
        "package": run.files.get(FileLabel.PACKAGE),
    }
