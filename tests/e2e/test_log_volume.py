"""What an import adds to the log on Azure, where each line is paid for."""

import json
import sqlite3
from collections import Counter

from local.host.durable.events import EventType
from tests.e2e.site import Site, customer_groups

INVOCATION_KB, STEP_KB = 0.9, 3.0
"""What the real host logs of an invocation (Executing, Executed), and its Durable extension of a step (scheduled,
started, completed): 41 kB and 120 kB were measured behind it for an import of 48 invocations and 40 steps."""
STATES = 8
STEPS = {EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED, EventType.EVENT_SENT}


def test_an_import_logs_little(site: Site) -> None:
    """Its own lines are one for each state, and all that the host would say of its steps stays below 100 kB."""
    name = "packages/USMF/quiet.zip"
    site.drop(name, customer_groups("QUIET", ("Q", "Quiet")))
    run_id = site.run_of(name)["run_id"]
    database = sqlite3.connect(site.folder / "host" / "durable.db")

    def has_ended() -> bool:
        rows = database.execute("SELECT status FROM instances WHERE id = ?", (run_id,))
        return [each for (each,) in rows] == ["Completed"]

    site.wait(has_ended, "the end of the orchestration")
    lines = (site.folder / "logs" / "host.log").read_text(encoding="utf-8").splitlines()
    own = [line for line in lines if run_id in line]
    assert len(own) == STATES
    assert sum(map(len, own)) < 4_000

    parts = "SELECT event FROM history JOIN instances ON id = instance WHERE id = ? OR parent = ?"
    kinds = Counter(json.loads(event)["EventType"] for (event,) in database.execute(parts, (run_id, run_id)))
    steps = 1 + sum(kinds[each] for each in STEPS)
    invocations = 1 + kinds[EventType.ORCHESTRATOR_STARTED] + sum(kinds[each] for each in STEPS)
    assert invocations * INVOCATION_KB + steps * STEP_KB < 100, kinds
