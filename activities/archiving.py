"""The end of a run: its file to the archive, exactly once, its receipt, its last line in the ledger."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace

import azure.durable_functions as df
from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from activities.boundary import carries
from activities.landed import locate, source_of
from activities.reports import place, store
from landfall.ledger import StaleAttemptError
from landfall.records import Finding, Outcome, Run, State, shown, utc_now
from landfall.services import Services, services
from landfall.storage import ARCHIVE
from landfall.transfer import CorruptCopyError, SourceChangedError, move, pin, sha256

bp = df.Blueprint()

RECEIPT = "receipt.json"


@dataclass(frozen=True)
class Ending:
    """Which attempt of which run ends, and how."""

    run_id: str
    attempt: int
    finding: Finding


@bp.activity_trigger(input_name="data")
@carries(Ending)
def settle(ending: Ending) -> Finding:
    """Archive the file, write the receipt, close the ledger row."""
    return end(services(), ending)


def end(known: Services, ending: Ending) -> Finding:
    """Bring a run to its end; stopped anywhere, a second call carries on and changes nothing twice."""
    try:
        run = known.ledger.move(ending.run_id, ending.attempt, State.ARCHIVING)
    except StaleAttemptError:
        return ending.finding  # a person has run it again; what becomes of that attempt counts
    if run.outcome and not _is_late_end(run, ending.finding):
        return Finding(run.outcome, run.reason)
    if run.kind == "import":
        run = archive(known, run, ending.finding.outcome)
    ended = replace(
        run,
        state=State.DONE,
        outcome=ending.finding.outcome,
        reason=ending.finding.reason,
        times={**run.times, State.DONE: utc_now()},
        files={**run.files, "receipt": place(run, RECEIPT)},
    )
    content = json.dumps(shown(ended), indent=2, ensure_ascii=False).encode()
    store(known, run, "receipt", RECEIPT, content)
    if package := ended.files.get("package"):
        known.account.write(f"{package}.{RECEIPT}", content)
    known.ledger.change(run.run_id, run.attempt, lambda _: ended)
    return ending.finding


def _is_late_end(run: Run, finding: Finding) -> bool:
    """Whether this end comes after the deadline had made the run one that a person must look at."""
    return run.outcome == Outcome.NEEDS_ATTENTION != finding.outcome


def archive(known: Services, run: Run, outcome: Outcome) -> Run:
    """Move the file to its place for this outcome: copied, compared, noted, and only then deleted elsewhere.

    A file that another version has replaced in landing is not there to be archived; the receipt shows that it has
    no place.
    """
    wanted = archive_place(run, outcome)
    if run.files.get("archive") != wanted:
        try:
            digest = _copy(known, run, wanted)
        except (SourceChangedError, ResourceNotFoundError):
            return run
        source = replace(source_of(run), sha256=digest)
        run = known.ledger.change(
            run.run_id,
            run.attempt,
            lambda row: replace(row, source=source, files={**row.files, "archive": wanted}),
        )
    _delete_elsewhere(known, run, wanted)
    return run


def archive_place(run: Run, outcome: Outcome) -> str:
    """`archive/<outcome>/<yyyy>/<mm>/<dd>/<run id>/<original name>`, by the day the file landed."""
    name = source_of(run).name.rpartition("/")[2]
    return f"{ARCHIVE}/{outcome}/{run.times['Landed']:%Y/%m/%d}/{run.run_id}/{name}"


def _copy(known: Services, run: Run, wanted: str) -> str:
    """Copy the file from where it lies; its hash, which must be the one that intake read."""
    target = known.account.blob(wanted)
    move(locate(known.account, run), target, known.account.read_grant)
    digest, read = sha256(pin(target)), source_of(run).sha256
    if read not in {None, digest}:
        raise CorruptCopyError(f"the copy at {wanted} differs from the file; it will be copied again")
    return digest


def _delete_elsewhere(known: Services, run: Run, wanted: str) -> None:
    """Delete the version in landing, nothing newer; and where an earlier attempt's outcome had put the file."""
    source = source_of(run)
    landed = known.account.blob(f"{source.container}/{source.name}")
    with suppress(ResourceNotFoundError, ResourceModifiedError):
        landed.delete_blob(etag=source.etag, match_condition=MatchConditions.IfNotModified)
    ended_before = run.attempt > 1 or run.outcome
    earlier = {archive_place(run, outcome) for outcome in Outcome} if ended_before else set()
    for lies in earlier - {wanted}:
        with suppress(ResourceNotFoundError):
            known.account.blob(lies).delete_blob()
