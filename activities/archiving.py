"""The end of a run: the file goes to the archive exactly once, the receipt is written, the ledger row is closed."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import azure.durable_functions as df
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from activities.boundary import activity
from activities.publishing import receipt_path
from activities.run_files import (
    is_replaced,
    locate,
    locate_part,
    raise_if_back,
    report_path,
    source_of,
    steady,
    write_report,
)
from landfall.claims import holds_content
from landfall.config.plan import VanishedError
from landfall.fno.errors import FnoError
from landfall.fno.redaction import shorten
from landfall.ledger.file_labels import FileLabel, archived_part
from landfall.ledger.ledger import StaleAttemptError
from landfall.ledger.repairs import settle_repaired
from landfall.records import LANDED, ComeBack, Finding, Outcome, Run, Source, State, to_public_json
from landfall.services import Services
from landfall.storage.account import ARCHIVE
from landfall.storage.landing import delete_landed
from landfall.storage.pinned import Pinned, SourceChangedError, pin, sha256
from landfall.storage.refusals import is_leased, refusal
from landfall.storage.transfer import CorruptCopyError, copy

bp = df.Blueprint()

RECEIPT = "receipt.json"
LEASE_ENDS = timedelta(minutes=2)
"""How long to wait for a lease. One that ends by itself lasts a minute at most, unless its holder renews it."""
LEASE_SECONDS = 15.0
"""When to try again to move a file that somebody holds a lease on."""
MAX_REMARKS = 3
"""How many files a run names that storage refused to move; it counts the others."""


class LeasedError(Exception):
    """Somebody holds a lease on a file, which may end in a moment."""


@dataclass(frozen=True)
class Ending:
    """Which attempt of which run ends, and how."""

    run_id: str
    attempt: int
    finding: Finding


@dataclass(frozen=True)
class Settled(Finding):
    """How the run actually ended, and whether anyone is to be notified."""

    announced: bool = False


@activity(bp, Ending)
def settle(services: Services, ending: Ending) -> Settled | ComeBack:
    """Archive the file, write the receipt and close the ledger row."""
    try:
        finding = end_run(services, ending)
    except LeasedError:
        return ComeBack(LEASE_SECONDS)
    return Settled(finding.outcome, finding.reason, announced=bool(services.notices or services.people))


def end_run(services: Services, ending: Ending) -> Finding:
    """End a run. Stopped anywhere, a second call carries on and changes nothing twice.

    What storage refuses for good changes nothing about the outcome: the run says what is left where.
    """
    try:
        run = services.ledger.change(ending.run_id, ending.attempt, lambda row: _with_ending(row, ending.finding))
    except StaleAttemptError:
        return ending.finding  # a person has run it again, so the later attempt counts
    finding = run.ending
    if finding is None:
        return Finding(run.outcome or ending.finding.outcome, run.reason)
    remarks: list[str] = []
    if run.kind == "import":
        raise_if_back(services, run, finding)
        run, remarks = archive(services, run, finding.outcome)
    ended = replace(
        run,
        execution_page=run.execution_page or _execution_page(services, run),
        state=State.DONE,
        outcome=finding.outcome,
        reason=finding.reason,
        times={**run.times, State.DONE: services.now()},
        files={**run.files, FileLabel.RECEIPT: report_path(run, RECEIPT)},
        left_behind=_left_behind(remarks),
        ending=None,
    )
    content = json.dumps(to_public_json(ended), indent=2, ensure_ascii=False).encode()
    try:
        write_report(services, run, FileLabel.RECEIPT, RECEIPT, content)
        if path := receipt_path(ended.files):
            services.account.write(path, content)
    except HttpResponseError as error:
        remarks.append(f"The receipt could not be written: {_why(services, run, error)}.")
        ended = replace(ended, files=run.files, left_behind=_left_behind(remarks))
    settle_repaired(services.ledger, ended, services.now())  # first: the next call skips a run that has ended
    services.ledger.change(run.run_id, run.attempt, lambda row: _keep_requests(ended, row))
    return finding


def _keep_requests(ended: Run, row: Run) -> Run:
    """The ended run with what people have done and sent about it meanwhile."""
    return replace(
        ended,
        history=row.history,
        request_keys=row.request_keys,
        request_bodies=row.request_bodies,
        repaired_by=row.repaired_by,
    )


def _with_ending(row: Run, finding: Finding) -> Run:
    """The row with the ending to carry out. A person and F&O may find two; the first counts: a file has one place."""
    finding = row.ending or replace(finding, reason=finding.reason and shorten(finding.reason))  # as rows hold it
    if row.outcome and not _is_late_end(row, finding):
        return row
    return replace(row, state=row.state if row.outcome else State.ARCHIVING, ending=finding)


def _is_late_end(run: Run, finding: Finding) -> bool:
    """Whether F&O's end arrives after the deadline had made the run one for a person to look at."""
    return run.outcome == Outcome.NEEDS_ATTENTION and finding != Finding(run.outcome, run.reason)


def _execution_page(services: Services, run: Run) -> str | None:
    """A link for people. An F&O that cannot be asked costs only the link."""
    if not (run.execution_id and run.submission.calls):
        return None
    with suppress(FnoError, VanishedError):
        return services.fno_of(run).execution_page(run.execution_id)
    return None


def _left_behind(remarks: list[str]) -> str | None:
    more = [f"{len(remarks) - MAX_REMARKS} more could not be moved."] if len(remarks) > MAX_REMARKS else []
    return " ".join(remarks[:MAX_REMARKS] + more) or None


def _why(services: Services, run: Run, error: HttpResponseError) -> str:
    """Why storage refuses for good; raises the error when it passes, and LeasedError while a lease may still end."""
    why = refusal(error)
    if not why:
        raise error
    if is_leased(error) and services.now() - run.times.get(State.ARCHIVING, run.times[LANDED]) < LEASE_ENDS:
        raise LeasedError(run.run_id) from None
    return why


def archive(services: Services, run: Run, outcome: Outcome) -> tuple[Run, list[str]]:
    """Move the file and its parts to the archive for this outcome: copy, compare, record, and only then delete.

    Returns the run, and in words what storage refused. A file that another version has replaced in landing is not
    archived; the receipt shows no place for it. A file that another run needs stays, as a newer marker's parts do.
    """
    remarks: list[str] = []
    unsent_parts = run.parts and outcome == Outcome.SUPERSEDED and FileLabel.ARCHIVE not in run.files
    if run.spares_file or (unsent_parts and is_replaced(services.account, run)):
        return run, remarks
    for source, label in [
        *((part, archived_part(part.name)) for part in run.parts),
        (source_of(run), FileLabel.ARCHIVE),
    ]:
        run, refused = _archive(services, run, outcome, source, label)
        remarks += refused
    return run, remarks


def _archive(services: Services, run: Run, outcome: Outcome, source: Source, label: str) -> tuple[Run, list[str]]:
    path = _archive_path(run, outcome, source)
    if run.files.get(label) != path:
        part = None if source == run.source else source
        try:
            file = locate_part(services.account, run, part) if part else locate(services.account, run)
            with steady(services.account, run, part):
                hashed = replace(source, sha256=_copy(services, file, source, path))
        except (SourceChangedError, ResourceNotFoundError):
            return run, []
        except HttpResponseError as error:
            return run, [f"{source.name} could not be archived: {_why(services, run, error)}."]

        def with_copy(row: Run) -> Run:
            return replace(
                row,
                source=hashed if row.source == source else row.source,
                parts=tuple(hashed if part == source else part for part in row.parts),
                files={**row.files, label: path},
            )

        run = services.ledger.change(run.run_id, run.attempt, with_copy)
        source = hashed
    return run, list(_delete_elsewhere(services, run, source, path))


def _archive_path(run: Run, outcome: Outcome, source: Source) -> str:
    """`archive/<outcome>/<yyyy>/<mm>/<dd>/<run id>/<original name>`, by the day the file landed."""
    name = source.name.rpartition("/")[2]
    return f"{ARCHIVE}/{outcome}/{run.times[LANDED]:%Y/%m/%d}/{run.run_id}/{name}"


def _copy(services: Services, file: Pinned, source: Source, path: str) -> str:
    """Copy the file; returns its hash, which must be the one that intake read."""
    target = services.account.blob(path)
    copy(file, target, services.account.read_grant)
    digest = sha256(pin(target))
    if source.sha256 not in {None, digest}:
        raise CorruptCopyError(f"the copy at {path} differs from the file; it will be copied again")
    return digest


def _delete_elsewhere(services: Services, run: Run, source: Source, path: str) -> Iterator[str]:
    """Delete the file from landing, and from where an earlier attempt's outcome had put it. Yields what is refused."""
    try:
        delete_landed(services.account, source, lambda: holds_content(services, run))
    except HttpResponseError as error:
        yield f"{source.name} is archived and could not be removed from landing: {_why(services, run, error)}."
    ended_before = run.attempt > 1 or run.outcome
    earlier = {_archive_path(run, outcome, source) for outcome in Outcome} if ended_before else set()
    for other in earlier - {path}:
        try:
            services.account.blob(other).delete_blob()
        except ResourceNotFoundError:
            continue
        except HttpResponseError as error:
            yield f"The earlier copy at {other} could not be removed: {_why(services, run, error)}."
