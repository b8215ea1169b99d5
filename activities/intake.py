"""Intake: read a landed file, in ranges, and decide whether F&O gets it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

import azure.durable_functions as df
from azure.core.exceptions import HttpResponseError

from activities.boundary import activity
from activities.packing import PartsComingError
from activities.reading import read_file
from activities.run_files import GONE, set_reports_aside, source_of
from activities.submission import UnwantedError, cancellation, check_wanted
from landfall.claims import OtherRunEndsError, SameContentError
from landfall.gate_queue import place_in_line
from landfall.packages.archives import RefusedPackageError
from landfall.polling import Pace
from landfall.records import LANDED, ComeBack, Finding, Outcome, Run, State, Step, Terms
from landfall.services import Services
from landfall.storage.pinned import SourceChangedError
from landfall.storage.refusals import is_offline, refusal

bp = df.Blueprint()

PARTS_SECONDS = 5.0
"""When to look again for parts that land after their marker. The waits grow from there."""
MISTAKE_SECONDS = 60.0
"""When to look again whether a mistake in landfall.yaml is corrected. The waits grow from there."""
MENDED_WITHIN = timedelta(hours=2)
"""How long a file that was claimed before its route was left out waits for it; orchestrations wait three hours."""
MAX_READS = 3
"""A file that kills what reads it would do so for ever, and other runs' steps with it: Durable repeats the step."""
KILLS = (
    f"Landfall stopped {MAX_READS} times while it read the file, for lack of memory or time, and read it no more. "
    "Divide the file into smaller ones, or run it again if deployments or outages stopped Landfall."
)


@dataclass(frozen=True)
class Admission:
    """What intake found: a `refusal` when the run ends here, else what the rest of the way needs.

    `landed` is the run's rank in the queue of its `lane` (see landfall.gate_queue). `name`, `order` and `on_failure`
    are the route's, and with `follows` it has files to wait for. `calls` is how many calls may be open in F&O at once.
    """

    refusal: Finding | None = None
    lane: str = ""
    environment: str = ""
    landed: str = ""
    order: Literal["landing", "strict"] = "landing"
    on_failure: Literal["continue", "hold"] = "continue"
    calls: int = 1
    deadline_hours: float = 24
    pace: Pace = field(default_factory=Pace)
    name: str = ""
    follows: bool = False


@activity(bp, Step)
def intake(services: Services, step: Step) -> Admission | ComeBack:
    """Read what landed, wrap it where needed, and write what it is to the ledger.

    Admits the file, refuses it, or waits for its parts. Raises what may go better next time.
    """
    with _counted(services, step) as run:
        return _known(services, run) or _intake(services, step, run)


def _intake(services: Services, step: Step, run: Run) -> Admission | ComeBack:
    if run.attempt > 1:
        set_reports_aside(services, run)
    try:
        check_wanted(run)
        read = read_file(services, run)
    except UnwantedError:
        return Admission(cancellation(run))
    except (PartsComingError, OtherRunEndsError):
        return ComeBack(PARTS_SECONDS)
    except (RefusedPackageError, SameContentError, HttpResponseError, SourceChangedError) as error:
        return Admission(_refusal(services, run, error))

    terms = read.route.terms(run.attempt)

    def with_read(run: Run) -> Run:
        return replace(
            run,
            state=State.WAITING,
            terms=terms,
            route=read.route.name,
            company=read.company,
            data_project=read.data_project,
            environment=read.route.environment or "",
            source=read.source,
            parts=read.parts,
            files={**run.files, **read.files},
            changes=read.changes,
        )

    return _admission(services, services.ledger.change(step.run_id, step.attempt, with_read), terms)


def _known(services: Services, run: Run) -> Admission | ComeBack | None:
    """The answer about a file that need not be read again, or that must not be read now."""
    if end := _known_end(run):
        return Admission(end)
    if run.terms and run.terms.attempt == run.attempt:  # started again after this step, and what it found still holds
        return _admission(services, services.ledger.move(run.run_id, run.attempt, State.WAITING), run.terms)
    if run.reads > MAX_READS:
        return Admission(Finding(Outcome.REJECTED, KILLS))
    if mistake := services.plan.reason_to_wait(source_of(run).name):
        if services.now() - run.times[State.INTAKE] < MENDED_WITHIN:
            return ComeBack(MISTAKE_SECONDS)
        return Admission(Finding(Outcome.NEEDS_ATTENTION, f"A route that may take this file is left out. {mistake}"))
    return None


def _known_end(run: Run) -> Finding | None:
    """How a run ends that was started again after its end, or between its end and the archive."""
    if run.outcome:  # the event came twice, or the sweeper was as fast
        return Finding(run.outcome, run.reason)
    if run.ending and (not run.submission.calls or run.ending.outcome != Outcome.NEEDS_ATTENTION):
        return run.ending
    return None


def _admission(services: Services, run: Run, terms: Terms) -> Admission:
    return Admission(
        lane=run.lane,
        environment=run.environment,
        landed=place_in_line(run.times[LANDED], source_of(run).name),
        order=terms.order,
        on_failure=terms.on_failure,
        calls=services.plan.gate.calls,
        deadline_hours=terms.deadline_hours,
        pace=services.pace(run.lane),
        name=run.route or "",
        follows=bool(terms.after),
    )


def _refusal(services: Services, run: Run, error: Exception) -> Finding:
    """How a run ends whose file is not imported; raises the error when it passes."""
    if isinstance(error, RefusedPackageError):
        return Finding(Outcome.REJECTED, str(error))
    if isinstance(error, GONE):
        return Finding(Outcome.SUPERSEDED, "The file was replaced or removed before Landfall had read it.")
    if isinstance(error, SameContentError):
        same = error

        def with_same(row: Run) -> Run:
            return replace(row, same_as=same.run_id, spares_file=same.under_way)

        services.ledger.change(run.run_id, run.attempt, with_same)
        return Finding(Outcome.SUPERSEDED, str(same))
    if isinstance(error, HttpResponseError) and is_offline(error):
        return Finding(Outcome.REJECTED, f"The file cannot be read: {refusal(error)}, and then run it again.")
    raise error


@contextmanager
def _counted(services: Services, step: Step) -> Iterator[Run]:
    """The run, in whose row this reading counts until it ends, well or with an error: what stays counted was killed."""

    def begin(row: Run) -> Run:
        return row if row.outcome else replace(row, state=State.INTAKE, reads=row.reads + 1)

    def end() -> None:
        services.ledger.change(step.run_id, step.attempt, lambda row: replace(row, reads=0))

    try:
        yield services.ledger.change(step.run_id, step.attempt, begin)
    except Exception:
        with suppress(Exception):  # the first error counts
            end()
        raise
    end()
