"""The files in landing, and the path by which corrected rows land."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from landfall.config.path_template import CAPTURE, COMPANY
from landfall.config.plan import Plan
from landfall.ids import import_run_id
from landfall.records import Run, Source, lane_of
from landfall.storage.account import LANDING, DataAccount
from landfall.storage.pinned import Pinned, SourceChangedError, pin, sha256

REPAIRS = "repairs"
"""Metadata key of a landed file: the run whose rejected rows it corrects."""
TOUCHES = 3
"""How often one step starts over because a file's ETag changes while the step compares the content."""


class FileTouchedError(Exception):
    """A step lost hold of a landed file whose content is still there. Taking the step again helps."""


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


def locate_landed(account: DataAccount, source: Source) -> Pinned:
    """The landed file, under another ETag too when that has the same content.

    Raises SourceChangedError when landing holds other content, and azure-core's ResourceNotFoundError when it holds
    none.
    """
    for _ in range(TOUCHES):
        landed = pin(account.blob(f"{source.container}/{source.name}"))
        if landed.etag == source.etag:
            return landed
        if source.sha256 is None or landed.size != source.size:
            break
        with suppress(SourceChangedError):
            if sha256(landed) == source.sha256:
                return landed
            break
    else:
        raise FileTouchedError(f"{source.name} changed {TOUCHES} times while its content was compared.")
    raise SourceChangedError("a newer version of the file has landed; it has a run of its own")


def delete_landed(account: DataAccount, source: Source, owns: Callable[[], bool]) -> None:
    """Delete the file's content from landing, and nothing newer; raises azure-core's HttpResponseError.

    `owns` says whether that content is also to go when it has got another ETag.
    """
    etag = source.etag
    for _ in range(TOUCHES):
        try:
            account.blob(f"{source.container}/{source.name}").delete_blob(
                etag=etag, match_condition=MatchConditions.IfNotModified
            )
        except ResourceNotFoundError:
            return
        except ResourceModifiedError:
            if not owns():
                return
            try:
                etag = locate_landed(account, source).etag
            except (SourceChangedError, ResourceNotFoundError):
                return
        else:
            return
    raise FileTouchedError(f"{source.name} changed {TOUCHES} times while it was removed from landing.")


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
