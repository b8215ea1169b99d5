"""What a batch task does with an execution: its steps, each written as a whole, and its final status."""

import logging
from datetime import datetime, timedelta
from itertools import groupby

from fno_emulator.clock import stamp
from fno_emulator.dmf import executions
from fno_emulator.dmf.durations import Duration
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import ERROR, EXECUTING, FAILED, FINISHED, EntityRun, Execution
from fno_emulator.dmf.exporting import run as exporting
from fno_emulator.dmf.importing import composite, staging, target
from fno_emulator.dmf.model import projects

_LOG = logging.getLogger(__name__)


def run(environment: Environment, execution: Execution) -> bool:
    """Carry an execution to its end, or as far as the emulator's stop lets it; True when it hangs and has no end."""
    clock, settings = environment.clock, environment.settings
    begin = datetime.fromisoformat(execution.created) + timedelta(seconds=settings.queue_seconds)
    if not clock.wait_until(begin):
        return False
    started = execution.started or stamp(clock.now())
    if not _set(environment, execution, EXECUTING, started=started):
        return False
    duration = Duration(settings, execution.project, execution.seq, datetime.fromisoformat(started))
    try:
        if execution.kind == "export":
            outcome = exporting.run(environment, execution, duration)
        else:
            outcome = _import(environment, execution, duration)
    except Exception:
        _set(environment, execution, FAILED, finished=stamp(clock.now()))
        raise
    if outcome:
        _LOG.info("execution %s is %s", execution.id, outcome)
    return outcome == EXECUTING


def _set(environment: Environment, execution: Execution, status: str, **values: str) -> bool:
    """Unless the execution was canceled; whether that is so."""
    with environment.database.transaction() as connection:
        return executions.finish(connection, execution, status, **values)


def _import(environment: Environment, execution: Execution, duration: Duration) -> str:
    database, clock = environment.database, environment.clock
    for run in executions.entities(database, execution):
        _stage(environment, execution, run)
    if not clock.wait_until(duration.middle) or _is_over(environment, execution):
        return ""
    if execution.execute:
        _to_target(environment, execution)
    if not duration.wait_for_end(clock, environment.looks):
        return ""
    outcome = executions.summary(executions.entities(database, execution))
    return outcome if _set(environment, execution, outcome, finished=stamp(clock.now())) else ""


def _is_over(environment: Environment, execution: Execution) -> bool:
    """Whether it was canceled, or deleted from the history, while it ran."""
    sql = "SELECT 1 FROM executions WHERE seq = ? AND status = ?"
    found = environment.database.connection().execute(sql, (execution.seq, EXECUTING)).fetchone()
    return found is None


def _stage(environment: Environment, execution: Execution, run: EntityRun) -> None:
    if run.definition.disabled or run.staging_status in (FINISHED, ERROR):
        return
    with _step(environment, execution, run, "staging"):
        stage = composite.stage if environment.catalogue.composite(run.entity) else staging.from_file
        staging.fill(environment, execution, run, stage)


def _to_target(environment: Environment, execution: Execution) -> None:
    """Units, levels, sequence; an entity that fails may stop its level or its unit (fno-behaviour 5.7).

    Units are independent of each other: one after the other is one of the orders F&O may choose.
    """
    project = projects.find(environment.database, execution.project)
    truncates = bool(project and project.truncates)
    runs = executions.entities(environment.database, execution)
    for _, unit in groupby(runs, key=lambda one: one.definition.unit):
        stopped = False
        for _, level in groupby(unit, key=lambda one: one.definition.level):
            level_stopped = False
            for run in level:
                if stopped or level_stopped or run.definition.disabled:
                    continue
                if run.target_status not in (FINISHED, ERROR):
                    _write(environment, execution, run, truncates=truncates)
                if executions.entity(environment.database, execution, run.entity).target_status == ERROR:
                    stopped = run.definition.fail_unit
                    level_stopped = run.definition.fail_level


def _write(environment: Environment, execution: Execution, run: EntityRun, *, truncates: bool) -> None:
    with _step(environment, execution, run, "target"):
        if environment.catalogue.composite(run.entity):
            composite.write(environment, execution, run)
        else:
            target.write(environment, execution, run, truncate=truncates)


class _step:  # noqa: N801 - reads as the statement it is
    """Marks a step Executing before and stamps its end after."""

    def __init__(self, environment: Environment, execution: Execution, run: EntityRun, name: str) -> None:
        self._environment, self._execution, self._run, self._name = environment, execution, run, name

    def __enter__(self) -> None:
        self._update(**{f"{self._name}_status": EXECUTING, f"{self._name}_started": self._now()})

    def __exit__(self, *_: object) -> None:
        self._update(**{f"{self._name}_ended": self._now()})

    def _now(self) -> str:
        return stamp(self._environment.clock.now())

    def _update(self, **values: str) -> None:
        with self._environment.database.transaction() as connection:
            executions.update_entity(connection, self._execution, self._run.ordinal, **values)
