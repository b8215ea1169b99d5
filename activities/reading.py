"""Reading a landed file: which route takes it, where it goes, what it holds, and the package made of it."""

import zipfile
from dataclasses import dataclass, field, replace

from activities.packing import RawInput, find_parts, pack, read_parts
from activities.run_files import locate, source_of, steady
from activities.submission import check_wanted
from landfall.claims import claim_content
from landfall.config.import_routes import ImportRoute
from landfall.config.plan import Plan
from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.checks import check_company, check_data_files, check_data_project, read_package
from landfall.records import Run, Source
from landfall.services import Services
from landfall.storage.files import open_ranged
from landfall.storage.pinned import Pinned, sha256


@dataclass(frozen=True)
class Reading:
    """What a file turned out to be: which route takes it, and where it goes."""

    route: ImportRoute
    company: str
    data_project: str
    source: Source
    parts: tuple[Source, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    changes: tuple[str, ...] = ()


def read_file(services: Services, run: Run) -> Reading:
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
    if route.is_raw:
        check_data_project(route.data_project or inputs[0].entity)
    with steady(services.account, run):
        if not route.is_raw:
            return Reading(route, company, _data_project(services, run, route, landed, budget), source)
        packed = pack(services, run, route, inputs, budget)
    return Reading(route, company, packed.data_project, source, parts, packed.files, packed.changes)


def _data_project(services: Services, run: Run, route: ImportRoute, landed: Pinned, budget: Budget) -> str:
    """Check a data package; returns the data project that it goes to."""
    with open_ranged(landed.blob, size=landed.size, etag=landed.etag) as file:
        manifest = read_package(file, landed.size, services.plan.dialects(route.environment or ""))
        if data_project := route.data_project or manifest.data_project:
            _record_lane(services, run, route, data_project)
        with zipfile.ZipFile(file) as package:
            check_data_files(package, manifest, budget)
    if data_project:
        return data_project
    raise RefusedPackageError("Neither Manifest.xml nor the route names a data project. Name it in one of them.")


def _record_lane(services: Services, run: Run, route: ImportRoute, data_project: str) -> None:
    """Record where the package goes before its data is read, which may take long: files of other lanes do not wait."""
    check_data_project(data_project)
    environment = route.environment or ""
    services.ledger.change(
        run.run_id, run.attempt, lambda row: replace(row, data_project=data_project, environment=environment)
    )


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
