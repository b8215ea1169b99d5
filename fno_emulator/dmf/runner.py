"""Runs an execution in a batch task, from NotRun to its final status."""

import logging
from datetime import datetime, timedelta

from fno_emulator.dmf import executions
from fno_emulator.dmf.durations import Duration
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EXECUTING, FAILED, Execution
from fno_emulator.dmf.exporting import run as exporting
from fno_emulator.dmf.importing import run as importing

_LOG = logging.getLogger(__name__)


def run(environment: Environment, execution: Execution) -> bool:
    """Run an execution until it ends or the emulator stops; returns True if the execution hangs and never ends."""
    settings = environment.settings
    begin = datetime.fromisoformat(execution.created) + timedelta(seconds=settings.queue_seconds)
    if not environment.clock.wait_until(begin):
        return False
    started = execution.started or environment.now()
    if not executions.set_status(environment.database, execution, EXECUTING, started=started):
        return False
    duration = Duration(settings, execution.project, execution.seq, datetime.fromisoformat(started))
    run_kind = exporting.run if execution.kind == "export" else importing.run
    try:
        outcome = run_kind(environment, execution, duration)
    except Exception:
        executions.set_status(environment.database, execution, FAILED, finished=environment.now())
        raise
    if outcome:
        _LOG.info("Execution %s ended as %s", execution.id, outcome)
    return outcome == EXECUTING
