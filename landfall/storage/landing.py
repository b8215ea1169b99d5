"""The files in landing, and the path by which corrected rows land."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from landfall.config.path_template import CAPTURE, COMPANY
from landfall.config.plan import Plan
from landfall.ids import import_run_id
from landfall.records import Run, lane_of
from landfall.storage.account import LANDING, DataAccount

REPAIRS = "repairs"
"""Metadata key of a landed file: the run whose rejected rows it corrects."""


@dataclass(frozen=True)
class Arrival:
    """A version of a file in landing; `landed` is in UTC, to the second."""

    run_id: str
    name: str
    landed: datetime


def arrivals(account: DataAccount) -> Iterator[Arrival]:
    """All files in landing, without the folders that an account with a hierarchical namespace lists as blobs."""
    for blob in account.blobs.get_container_client(LANDING).list_blobs(include=["metadata"]):
        if not is_folder(blob.metadata):
            yield Arrival(import_run_id(LANDING, blob.name, str(blob.etag)), str(blob.name), blob.last_modified)


def is_folder(metadata: Mapping[str, str] | None) -> bool:
    """Whether a blob with this metadata stands for a folder: some tools and accounts store folders as empty blobs."""
    return {key.lower(): value for key, value in (metadata or {}).items()}.get("hdi_isfolder", "").lower() == "true"


def repair_name(plan: Plan, run: Run, mark: str) -> str:
    """A landing path for a package with the corrected rows of a run; it is unique for the mark.

    The run's own route takes it where that takes packages, else the first route that takes packages for the run's
    company, data project and environment. Raises LookupError when there is none.
    """
    stem = run.source.name.rpartition("/")[2].rpartition(".")[0] if run.source else run.run_id
    own = [route for route in plan.imports if route.name == run.route]
    for route in (*own, *plan.imports):
        other_environment = (route.environment or "") != run.environment
        if route.is_raw or other_environment or route.company not in {None, run.company}:
            continue
        if route.data_project and lane_of(route.data_project, route.environment or "") != run.lane:
            continue
        captures = dict.fromkeys(route.path.captures, f"{stem}.repair-{mark}") | {COMPANY: str(run.company)}
        name = CAPTURE.sub(lambda found: captures[found[1]], route.path.template)  # noqa: B023  called at once
        if (match := plan.match(name)) and match.route == route and not plan.reason_to_wait(name):
            return name
    raise LookupError("no route of landfall.yaml takes packages for this company")
