"""What the commands do: import a package, export one, watch an execution, and look at one."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from landfall.cli.fno.carrying import download, upload
from landfall.cli.fno.desk import Desk, ask
from landfall.cli.fno.ends import OUTCOMES, CannotKnowError, End, NotStartedError, Outcome
from landfall.cli.fno.starting import ConsoleStart
from landfall.cli.fno.watching import watch
from landfall.fno.blobs import UntrustedUrlError
from landfall.fno.counts import doubt_of, tally
from landfall.fno.errors import ExecutionUnknownError, FnoError, RefusedError
from landfall.fno.messages import Message, read_messages
from landfall.fno.models import ExecutionStatus, ExportRequest, ImportRequest

PACKING_TRIES = 100
PACKING_SECONDS = 5.0
"""How often, and how far apart at most, to ask F&O for a package that it is packing (fno-behaviour 6.4)."""
EMPTY_TRIES = 5
"""How often to ask when no row was exported: there may never be a package then (fno-behaviour 9.3)."""


@dataclass(frozen=True)
class Order:
    """What an import or export is to do, and the seconds to wait for its end."""

    project: str
    company: str
    execution_id: str
    seconds: float


def new_execution_id(project: str) -> str:
    """Return an id new to F&O: the project's name and a GUID, of a length that F&O accepts (fno-behaviour 5.6)."""
    return f"{project[:40]}-{uuid4()}"


def import_package(desk: Desk, order: Order, package: Path, *, execute: bool = True, overwrite: bool = True) -> End:
    """Upload a package, have F&O import it, and return how that ended."""

    def call(url: str) -> str:
        desk.say("F&O is unpacking the package")
        return desk.client.import_package(
            ImportRequest(url, order.project, order.execution_id, order.company, execute, overwrite)
        )

    name = f"{order.execution_id}.zip"
    start = ConsoleStart(desk, order.execution_id, lambda: upload(desk, package, name), call)

    def work() -> End:
        end = _watch(desk, start.run(), order.seconds)
        if end.outcome != Outcome.SUCCEEDED:
            return end
        doubt = doubt_of(tally(end.entities, {}), executes=execute)
        if doubt is None:
            return end
        outcome = Outcome.FAILED if doubt.kind == "all missing" else Outcome.PARTLY
        return _with_messages(desk, replace(end, outcome=outcome, reason=doubt.reason))

    return _carry_out(order.execution_id, work, lambda: start.may_run)


def export_package(desk: Desk, order: Order, output: Path) -> End:
    """Have F&O export a project, download the package to `output`, and return how that ended."""

    def call(_: str) -> str:
        return desk.client.export_package(ExportRequest(order.project, order.execution_id, order.company))

    start = ConsoleStart(desk, order.execution_id, lambda: "", call)

    def work() -> End:
        return _with_package(desk, _watch(desk, start.run(), order.seconds), output)

    return _carry_out(order.execution_id, work, lambda: start.may_run)


def watch_execution(desk: Desk, execution_id: str, seconds: float, output: Path | None = None) -> End:
    """Wait for an execution that another command started; with `output`, download its package to there."""

    def work() -> End:
        end = _watch(desk, execution_id, seconds)
        return _with_package(desk, end, output) if output else end

    return _carry_out(execution_id, work, lambda: True)


def look(desk: Desk, execution_id: str) -> End:
    """Return where an execution stands now; its outcome is unknown until it has ended."""

    def work() -> End:
        status = ask(desk, lambda: desk.client.status(execution_id), "the status")
        return _with_messages(desk, _with_counts(desk, execution_id, status))

    return _carry_out(execution_id, work, lambda: True)


def messages_of(desk: Desk, execution_id: str) -> tuple[Message, ...]:
    """Return what F&O says about the rows that it refused; ExecutionUnknownError when it has no such execution."""
    try:
        text = ask(desk, lambda: desk.client.errors(execution_id), "the messages")
    except ExecutionUnknownError:
        raise
    except RefusedError as refusal:
        # F&O may answer a null reference for a composite entity's execution (fno-behaviour 2.15).
        return (Message("", "", refusal.said),)
    return tuple(read_messages(io.StringIO(text)))


def _watch(desk: Desk, execution_id: str, seconds: float) -> End:
    return _with_messages(desk, _with_counts(desk, execution_id, watch(desk, execution_id, seconds)))


def _with_counts(desk: Desk, execution_id: str, status: ExecutionStatus) -> End:
    results = ask(desk, lambda: desk.client.entity_results(execution_id), "the counts")
    return End(execution_id, OUTCOMES.get(status, Outcome.UNKNOWN), str(status), entities=tuple(results))


def _with_messages(desk: Desk, end: End) -> End:
    if end.outcome not in {Outcome.FAILED, Outcome.PARTLY}:
        return end
    try:
        return replace(end, messages=messages_of(desk, end.execution_id))
    except (FnoError, CannotKnowError) as error:
        return replace(end, reason=f"{end.reason or end.status}; its messages could not be read: {error}")


def _with_package(desk: Desk, end: End, output: Path) -> End:
    """Download the package of an export; one that failed has none."""
    if end.outcome not in {Outcome.SUCCEEDED, Outcome.PARTLY}:
        return end
    empty = not any(each.staged for each in end.entities)
    for tries in range(EMPTY_TRIES if empty else PACKING_TRIES):
        desk.say("F&O is packing the package")
        url = ask(desk, lambda: desk.client.exported_package_url(end.execution_id), "the package")
        if url:
            download(desk, url, output)
            return replace(end, package=str(output))
        desk.sleep(min(tries + 1, PACKING_SECONDS))
    if empty:
        return replace(end, reason="there was nothing to export: F&O has no package")
    raise CannotKnowError(f"F&O finished the export but named no package after {PACKING_TRIES} requests.")


def _carry_out(execution_id: str, work: Callable[[], End], may_run: Callable[[], bool]) -> End:
    """Return the end of some work, whatever it raises; `may_run` says whether F&O may have the execution."""
    try:
        return work()
    except NotStartedError as error:
        return End(execution_id, Outcome.FAILED, reason=f"nothing was started: {error}")
    except (CannotKnowError, FnoError, UntrustedUrlError) as error:
        reason = str(error)
    except KeyboardInterrupt:
        reason = "interrupted"
    if may_run():
        return End(execution_id, Outcome.UNKNOWN, reason=reason)
    return End(execution_id, Outcome.FAILED, reason=f"nothing was started: {reason}")
