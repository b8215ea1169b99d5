"""Ids of runs and executions. The same input gives the same id, so that a repeated event claims nothing twice."""

import hashlib
from datetime import UTC, datetime

from landfall.records import UNNAMED, Demand, Run

MAX_EXECUTION_ID = 99


def import_run_id(container: str, name: str, etag: str) -> str:
    """The id of the run that imports this version of this blob.

    A hash, because Durable refuses ids with slashes, and blob names are full of them.
    """
    version = "\n".join((container, name, etag.strip('"')))
    return f"imp-{hashlib.sha256(version.encode()).hexdigest()[:32]}"


def content_of(run: Run) -> str | None:
    """What the run's files contain, as one hash: the file's own, or that of all of a batch; None until all are read."""
    if run.source is None or not run.parts:
        return run.source.sha256 if run.source else None
    files = (run.source, *run.parts)
    if any(each.sha256 is None for each in files):
        return None
    return hashlib.sha256("\n".join(f"{each.sha256} {each.name}" for each in files).encode()).hexdigest()


def export_run_id(export: str, company: str, slot: datetime) -> str:
    """The id of the run that fills this slot of an export's schedule."""
    return f"exp-{export}-{company}-{slot.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def demanded_run_id(export: str, company: str, demand: Demand) -> str:
    """The id of the export run that a request asked for."""
    return f"exp-{export}-{company}-{demand.request}"


def request_hash(key: str) -> str:
    """Sixteen hex digits for an Idempotency-Key, which may hold characters that ids and paths must not."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def guard_id(environment: str) -> str:
    """The id of the durable orchestration that watches over an environment to which nothing may go."""
    return f"guard.{environment or UNNAMED}"


def run_id_of(instance_id: str) -> str:
    """The run that an orchestration carries; see `Run.instance_id`."""
    return instance_id.partition(".")[0]


def execution_id(run: Run) -> str:
    """F&O's Job ID for this attempt. Landfall makes it before the first call, so that it can ask after a lost answer.

    F&O publishes no maximum length. Ids of the project's name and 57 characters are known to work (fno-behaviour 5.6),
    so the project's name is cut to keep the id under 100 characters.
    """
    tail = f"-{run.run_id}-{run.attempt}"
    return f"{(run.data_project or '')[: min(40, MAX_EXECUTION_ID - len(tail))]}{tail}"
