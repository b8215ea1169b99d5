"""The end of a run: the file goes to the archive exactly once, the receipt is written, the ledger row is closed."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace

import azure.durable_functions as df
from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from activities.boundary import activity
from activities.publishing import receipt_path
from activities.run_files import locate, locate_part, report_path, source_of, write_report
from landfall.config.plan import VanishedError
from landfall.fno.errors import FnoError
from landfall.ledger.file_labels import FileLabel, archived_part
from landfall.ledger.ledger import StaleAttemptError
from landfall.records import LANDED, Finding, Outcome, Run, Source, State, to_public_json
from landfall.services import Services
from landfall.storage.account import ARCHIVE
from landfall.storage.pinned import SourceChangedError, pin, sha256
from landfall.storage.transfer import CorruptCopyError, copy

bp = df.Blueprint()

RECEIPT = "receipt.json"


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
def settle(services: Services, ending: Ending) -> Settled:
    """Archive the file, write the receipt and close the ledger row."""
    finding = end_run(services, ending)
    return Settled(finding.outcome, finding.reason, announced=bool(services.notices))


def end_run(services: Services, ending: Ending) -> Finding:
    """End a run. Stopped anywhere, a second call carries on and changes nothing twice."""
    try:
        run = services.ledger.change(ending.run_id, ending.attempt, lambda row: _with_ending(row, ending.finding))
    except StaleAttemptError:
        return ending.finding  # a person has run it again, so the later attempt counts
    finding = run.ending
    if finding is None:
        return Finding(run.outcome or ending.finding.outcome, run.reason)
    if run.kind == "import":
        run = archive(services, run, finding.outcome)
    ended = replace(
        run,
        execution_page=run.execution_page or _execution_page(services, run),
        state=State.DONE,
        outcome=finding.outcome,
        reason=finding.reason,
        times={**run.times, State.DONE: services.now()},
        files={**run.files, FileLabel.RECEIPT: report_path(run, RECEIPT)},
        ending=None,
    )
    content = json.dumps(to_public_json(ended), indent=2, ensure_ascii=False).encode()
    write_report(services, run, FileLabel.RECEIPT, RECEIPT, content)
    if path := receipt_path(ended.files):
        services.account.write(path, content)
    services.ledger.change(
        run.run_id, run.attempt, lambda row: replace(ended, history=row.history, request_keys=row.request_keys)
    )
    return finding


def _with_ending(row: Run, finding: Finding) -> Run:
    """The row with the ending to carry out. A person and F&O may find two; the first counts: a file has one place."""
    finding = row.ending or finding
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


def archive(services: Services, run: Run, outcome: Outcome) -> Run:
    """Move the file and its parts to the archive for this outcome: copy, compare, record, and only then delete.

    A file that another version has replaced in landing is not archived; the receipt shows no place for it.
    """
    for part in run.parts:
        run = _archive(services, run, outcome, part, archived_part(part.name))
    return _archive(services, run, outcome, source_of(run), FileLabel.ARCHIVE)


def _archive(services: Services, run: Run, outcome: Outcome, source: Source, label: str) -> Run:
    path = _archive_path(run, outcome, source)
    if run.files.get(label) != path:
        try:
            hashed = replace(source, sha256=_copy(services, run, source, path))
        except (SourceChangedError, ResourceNotFoundError):
            return run

        def with_copy(row: Run) -> Run:
            return replace(
                row,
                source=hashed if row.source == source else row.source,
                parts=tuple(hashed if part == source else part for part in row.parts),
                files={**row.files, label: path},
            )

        run = services.ledger.change(run.run_id, run.attempt, with_copy)
    _delete_elsewhere(services, run, source, path)
    return run


def _archive_path(run: Run, outcome: Outcome, source: Source) -> str:
    """`archive/<outcome>/<yyyy>/<mm>/<dd>/<run id>/<original name>`, by the day the file landed."""
    name = source.name.rpartition("/")[2]
    return f"{ARCHIVE}/{outcome}/{run.times[LANDED]:%Y/%m/%d}/{run.run_id}/{name}"


def _copy(services: Services, run: Run, source: Source, path: str) -> str:
    """Copy the file; returns its hash, which must be the one that intake read."""
    target = services.account.blob(path)
    file = locate(services.account, run) if source == run.source else locate_part(services.account, run, source)
    copy(file, target, services.account.read_grant)
    digest = sha256(pin(target))
    if source.sha256 not in {None, digest}:
        raise CorruptCopyError(f"the copy at {path} differs from the file; it will be copied again")
    return digest


def _delete_elsewhere(services: Services, run: Run, source: Source, path: str) -> None:
    """Delete this version from landing, nothing newer, and from where an earlier attempt's outcome had put the file."""
    landed = services.account.blob(f"{source.container}/{source.name}")
    with suppress(ResourceNotFoundError, ResourceModifiedError):
        landed.delete_blob(etag=source.etag, match_condition=MatchConditions.IfNotModified)
    ended_before = run.attempt > 1 or run.outcome
    earlier = {_archive_path(run, outcome, source) for outcome in Outcome} if ended_before else set()
    for other in earlier - {path}:
        with suppress(ResourceNotFoundError):
            services.account.blob(other).delete_blob()
