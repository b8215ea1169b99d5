"""The roads of a package: into F&O, out of it, and on from where an earlier command stopped."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from landfall.cli.fno.carrying import bring, fetch
from landfall.cli.fno.desk import Desk, asked
from landfall.cli.fno.ends import OUTCOMES, CannotKnowError, End, NotStartedError, Outcome
from landfall.cli.fno.starting import ConsoleStart
from landfall.cli.fno.watching import watch
from landfall.fno.blobs import UntrustedUrlError
from landfall.fno.counts import doubt_of, tally
from landfall.fno.errors import FnoError, RefusedError
from landfall.fno.messages import Message, read_messages
from landfall.fno.models import ExecutionStatus, ExportRequest, ImportRequest

PACKING_ASKS = 100
PACKING_SECONDS = 5.0
"""How often, and how far apart at most, F&O is asked for a package that it is packing (fno-behaviour 6.4)."""
EMPTY_ASKS = 5
"""How often when no row was exported: there may never be a package then (fno-behaviour 9.3)."""


@dataclass(frozen=True)
class Order:
    """What an import or export is to do, and for how long its end is waited for."""

    project: str
    company: str
    execution_id: str
    seconds: float


def new_execution_id(project: str) -> str:
    """An id that F&O has not seen: the project's name, cut so that ids of this length are known to work, and a GUID.

    See fno-behaviour 5.6.
    """
    return f"{project[:40]}-{uuid4()}"


def import_package(
    desk: Desk, order: Order, package: Path, *, execute: bool = True, overwrite: bool = True
) -> End:
    """Bring a package to F&O, have it imported, and tell what came of it."""

    def call(url: str) -> str:
        desk.say("F&O unpacks the package")
        return desk.client.import_package(
            ImportRequest(url, order.project, order.execution_id, order.company, execute, overwrite)
        )

    name = f"{order.execution_id}.zip"
    start = ConsoleStart(desk, order.execution_id, lambda: bring(desk, package, name), call)

    def work() -> End:
        end = _watched(desk, start.run(), order.seconds)
        if end.outcome != Outcome.SUCCEEDED:
            return end
        doubt = doubt_of(tally(end.entities, {}), executes=execute)
        if doubt is None:
            return end
        outcome = Outcome.FAILED if doubt.kind == "all missing" else Outcome.PARTLY
        return _explained(desk, replace(end, outcome=outcome, reason=doubt.reason))

    return _ended(order.execution_id, work, lambda: start.may_run)


def export_package(desk: Desk, order: Order, output: Path) -> End:
    """Have F&O export a project, and bring the package to `output`."""

    def call(_: str) -> str:
        return desk.client.export_package(ExportRequest(order.project, order.execution_id, order.company))

    start = ConsoleStart(desk, order.execution_id, lambda: "", call)

    def work() -> End:
        return _fetched(desk, _watched(desk, start.run(), order.seconds), output)

    return _ended(order.execution_id, work, lambda: start.may_run)


def watch_on(desk: Desk, execution_id: str, seconds: float, output: Path | None = None) -> End:
    """Wait for an execution that another command started; with `output` bring its package there."""

    def work() -> End:
        end = _watched(desk, execution_id, seconds)
        return _fetched(desk, end, output) if output else end

    return _ended(execution_id, work, lambda: True)


def look(desk: Desk, execution_id: str) -> End:
    """Where an execution stands now; one that has not ended is unknown."""

    def work() -> End:
        status = asked(desk, lambda: desk.client.status(execution_id), "the status")
        return _explained(desk, _with_counts(desk, execution_id, status))

    return _ended(execution_id, work, lambda: True)


def messages_of(desk: Desk, execution_id: str) -> tuple[Message, ...]:
    """What F&O says about the rows that it refused."""
    try:
        text = asked(desk, lambda: desk.client.errors(execution_id), "the messages")
    except RefusedError as refusal:
        # A composite entity's execution may answer with a null reference instead (fno-behaviour 2.15).
        return (Message("", "", refusal.said),)
    return tuple(read_messages(io.StringIO(text)))


def _watched(desk: Desk, execution_id: str, seconds: float) -> End:
    return _explained(desk, _with_counts(desk, execution_id, watch(desk, execution_id, seconds)))


def _with_counts(desk: Desk, execution_id: str, status: ExecutionStatus) -> End:
    results = asked(desk, lambda: desk.client.entity_results(execution_id), "the counts")
    return End(execution_id, OUTCOMES.get(status, Outcome.UNKNOWN), str(status), entities=tuple(results))


def _explained(desk: Desk, end: End) -> End:
    if end.outcome not in {Outcome.FAILED, Outcome.PARTLY}:
        return end
    try:
        return replace(end, messages=messages_of(desk, end.execution_id))
    except (FnoError, CannotKnowError) as error:
        return replace(end, reason=f"{end.reason or end.status}; its messages could not be read: {error}")


def _fetched(desk: Desk, end: End, output: Path) -> End:
    """The end with its package; one that failed has none to bring."""
    if end.outcome not in {Outcome.SUCCEEDED, Outcome.PARTLY}:
        return end
    empty = not any(each.staged for each in end.entities)
    for tries in range(EMPTY_ASKS if empty else PACKING_ASKS):
        desk.say("F&O packs the package")
        url = asked(desk, lambda: desk.client.exported_package_url(end.execution_id), "the package")
        if url:
            fetch(desk, url, output)
            return replace(end, package=str(output))
        desk.sleep(min(tries + 1, PACKING_SECONDS))
    if empty:
        return replace(end, reason="there was nothing to export: F&O has no package")
    raise CannotKnowError(f"F&O finished the export and named no package, {PACKING_ASKS} times asked")


def _ended(execution_id: str, work: Callable[[], End], may_run: Callable[[], bool]) -> End:
    """The end of some work, however it came; `may_run` says whether F&O may have the execution."""
    try:
        return work()
    except NotStartedError as error:
        return End(execution_id, Outcome.FAILED, reason=f"nothing was started: {error}")
    except CannotKnowError as error:
        reason = str(error)
    except (FnoError, UntrustedUrlError) as error:
        reason = str(error)
    except KeyboardInterrupt:
        reason = "interrupted"
    outcome = Outcome.UNKNOWN if may_run() else Outcome.FAILED
    return End(execution_id, outcome, reason=reason if may_run() else f"nothing was started: {reason}")
