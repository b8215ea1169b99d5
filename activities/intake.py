"""Intake: read a landed file, in ranges, and decide whether F&O gets it."""

import zipfile
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

import azure.durable_functions as df
from azure.core.exceptions import HttpResponseError

from activities.boundary import activity
from activities.packing import PartsComingError, RawInput, find_parts, pack, read_parts
from activities.run_files import GONE, locate, set_reports_aside, source_of, steady
from activities.submission import UnwantedError, cancellation, check_wanted
from landfall.claims import OtherRunEndsError, SameContentError, claim_content
from landfall.config.import_routes import ImportRoute
from landfall.config.plan import Plan
from landfall.gate_queue import place_in_line
from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.checks import check_company, check_data_files, read_package
from landfall.polling import Pace
from landfall.records import LANDED, ComeBack, Finding, Outcome, Run, Source, State, Step, Terms
from landfall.services import Services
from landfall.storage.files import open_ranged
from landfall.storage.pinned import Pinned, SourceChangedError, sha256
from landfall.storage.refusals import is_offline, refusal

bp = df.Blueprint()

PARTS_SECONDS = 5.0
"""When to look again for parts that land after their marker. The waits grow from there."""
MISTAKE_SECONDS = 60.0
"""When to look again whether a mistake in landfall.yaml is corrected. The waits grow from there."""
MENDED_WITHIN = timedelta(hours=2)
"""How long a file that was claimed before its route was left out waits for it; orchestrations wait three hours."""


@dataclass(frozen=True)
class Admission:
    """What intake found: a `refusal` when the run ends here, else what the rest of the way needs.

    `landed` is the run's rank in the queue of its `lane` (see landfall.gate_queue). `order` and `on_failure` are the
    route's. `calls` is how many calls may be open in F&O at once.
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


@activity(bp, Step)
def intake(services: Services, step: Step) -> Admission | ComeBack:
    """Read what landed, wrap it where needed, and write what it is to the ledger.

    Admits the file, refuses it, or waits for its parts. Raises what may go better next time.
    """
    run = services.ledger.move(step.run_id, step.attempt, State.INTAKE)
    if known := _known(services, run):
        return known
    if run.attempt > 1:
        set_reports_aside(services, run)
    try:
        check_wanted(run)
        read = _read(services, run)
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
    if run.outcome:  # started again after its end: the event came twice, or the sweeper was as fast
        return Admission(Finding(run.outcome, run.reason))
    if run.ending and run.ending.outcome != Outcome.NEEDS_ATTENTION:  # it stopped between its end and the archive
        return Admission(run.ending)
    if run.terms and run.terms.attempt == run.attempt:  # started again after this step, and what it found still holds
        return _admission(services, services.ledger.move(run.run_id, run.attempt, State.WAITING), run.terms)
    if mistake := services.plan.reason_to_wait(source_of(run).name):
        if services.now() - run.times[State.INTAKE] < MENDED_WITHIN:
            return ComeBack(MISTAKE_SECONDS)
        return Admission(Finding(Outcome.NEEDS_ATTENTION, f"A route that may take this file is left out. {mistake}"))
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


@dataclass(frozen=True)
class _Read:
    """What a file turned out to be: which route takes it, and where it goes."""

    route: ImportRoute
    company: str
    data_project: str
    source: Source
    parts: tuple[Source, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    changes: tuple[str, ...] = ()


def _read(services: Services, run: Run) -> _Read:
    """Read the file, once for what it is and once for its hash; raises RefusedPackageError, or one of GONE."""
    name = source_of(run).name
    route, captures = _route(services.plan, name)
    if route.parts:
        found = find_parts(services, run, route)
        # Recorded at once, so that a batch that is refused is kept whole.
        run = services.ledger.change(run.run_id, run.attempt, lambda row: replace(row, parts=found))
    company = route.company or captures["company"].upper()
    check_company(company)
    landed = locate(services.account, run)
    size = landed.size + sum(part.size or 0 for part in run.parts)
    budget = Budget(size, lambda: check_wanted(services.ledger.get(run.run_id)))
    source = replace(source_of(run), size=landed.size, sha256=sha256(landed, budget.spend))
    if route.parts:
        inputs, parts = read_parts(services, run, route, budget)
    else:
        inputs, parts = [RawInput(name.rpartition("/")[2], route.entity_of(captures), route.raw, landed)], ()
    # Recorded before the claim, so that from now on a changed ETag with this content is the same version.
    run = services.ledger.change(
        run.run_id,
        run.attempt,
        lambda row: replace(row, source=source, parts=parts, same_as=None, spares_file=False),
    )
    claim_content(services, run)
    with steady(services.account, run):
        if not route.is_raw:
            return _Read(route, company, _data_project(services.plan, route, landed, budget), source)
        packed = pack(services, run, route, inputs, budget)
    return _Read(route, company, packed.data_project, source, parts, packed.files, packed.changes)


def _data_project(plan: Plan, route: ImportRoute, landed: Pinned, budget: Budget) -> str:
    """Check a data package; returns the data project that it goes to."""
    with open_ranged(landed.blob, size=landed.size, etag=landed.etag) as file:
        manifest = read_package(file, landed.size, plan.dialects(route.environment or ""))
        with zipfile.ZipFile(file) as package:
            check_data_files(package, manifest, budget)
    if data_project := route.data_project or manifest.data_project:
        return data_project
    raise RefusedPackageError("Neither Manifest.xml nor the route names a data project. Name it in one of them.")


def _route(plan: Plan, name: str) -> tuple[ImportRoute, dict[str, str]]:
    """The first route that takes this path, and what the path captures."""
    match = plan.match(name)
    if match is None:
        paths = ", ".join(route.path.template for route in plan.imports) or "none"
        raise RefusedPackageError(f"No route takes {name}. The routes are: {paths}.")
    if match.marker:
        raise RefusedPackageError(
            f"{name} is part of a package whose marker {match.marker} has not landed after it. Drop all parts, then the "
            "marker."
        )
    return match.route, match.captures
