"""Imports: each entity goes from its file to staging and from there to the target."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby

from fno_emulator.dmf import executions
from fno_emulator.dmf.durations import Duration
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import ERROR, EXECUTING, FINISHED, EntityRun, Execution
from fno_emulator.dmf.importing import composite, staging, target
from fno_emulator.dmf.model import projects


def run(environment: Environment, execution: Execution, duration: Duration) -> str:
    """Import an execution's package; returns its final status, or "" if it was stopped or canceled."""
    database, clock = environment.database, environment.clock
    for one in executions.entities(database, execution):
        _stage(environment, execution, one)
    if not clock.wait_until(duration.middle) or not _is_executing(environment, execution):
        return ""
    if execution.execute:
        _write_targets(environment, execution)
    if not duration.wait_for_end(clock, environment.looks):
        return ""
    outcome = executions.summary(executions.entities(database, execution))
    return outcome if executions.set_status(database, execution, outcome, finished=environment.now()) else ""


def _is_executing(environment: Environment, execution: Execution) -> bool:
    """False if the execution was canceled, or deleted from the job history, while it ran."""
    sql = "SELECT 1 FROM executions WHERE seq = ? AND status = ?"
    row = environment.database.connection().execute(sql, (execution.seq, EXECUTING)).fetchone()
    return row is not None


def _stage(environment: Environment, execution: Execution, run: EntityRun) -> None:
    if run.definition.disabled or run.staging_status in (FINISHED, ERROR):
        return
    with _step(environment, execution, run, "staging"):
        is_composite = environment.catalogue.composite(run.entity)
        staging.fill(environment, execution, run, composite.stage if is_composite else staging.stage)


def _write_targets(environment: Environment, execution: Execution) -> None:
    """Write the entities by unit, level and sequence. A failed entity may stop its level or unit (fno-behaviour 5.7).

    Units do not depend on each other, so running them one after the other is one of the orders that F&O may choose.
    """
    project = projects.find(environment.database, execution.project)
    truncate = bool(project and project.truncates)
    runs = executions.entities(environment.database, execution)
    for _, unit in groupby(runs, key=lambda one: one.definition.unit):
        unit_stopped = False
        for _, level in groupby(unit, key=lambda one: one.definition.level):
            level_stopped = False
            for run in level:
                if unit_stopped or level_stopped or run.definition.disabled:
                    continue
                if run.target_status not in (FINISHED, ERROR):
                    with _step(environment, execution, run, "target"):
                        if environment.catalogue.composite(run.entity):
                            composite.write(environment, execution, run)
                        else:
                            target.write(environment, execution, run, truncate=truncate)
                if executions.entity(environment.database, execution, run.entity).target_status == ERROR:
                    unit_stopped = run.definition.fail_unit
                    level_stopped = run.definition.fail_level


@contextmanager
def _step(environment: Environment, execution: Execution, run: EntityRun, name: str) -> Iterator[None]:
    """Set a step's status to Executing, and record when the step starts and ends."""
    started = {f"{name}_status": EXECUTING, f"{name}_started": environment.now()}
    executions.update_entity(environment.database, execution, run, **started)
    try:
        yield
    finally:
        executions.update_entity(environment.database, execution, run, **{f"{name}_ended": environment.now()})
