"""Writes errors.csv and repair.zip from F&O's stored files and the run's package. Large data stays on disk."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from azure.core.exceptions import ResourceNotFoundError

from activities.run_files import UnlessGone, open_package, record_files, report_path
from landfall.fno.error_files import KEYS, STAGING, error_file_name
from landfall.fno.messages import read_messages
from landfall.ledger.file_labels import FileLabel
from landfall.packages.archives import DAMAGED
from landfall.packages.checks import composite_label
from landfall.packages.error_files import read_failed_rows
from landfall.packages.errors_csv import to_csv
from landfall.packages.formats import read_rows
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.rejections import Left, Rejections, Stage
from landfall.packages.repair import build_repair
from landfall.records import Run
from landfall.services import Services
from landfall.storage.blocks import stream
from landfall.storage.pinned import chunks, pin

MESSAGES = "execution-errors.json"
FILES: tuple[tuple[Stage, str], ...] = (("staging", STAGING), ("target", KEYS))
ERRORS = "errors.csv"
REPAIR = "repair.zip"
NOTHING = Manifest("", ())
PIECE = 1 << 20
"""Bytes sent at once from a file on disk."""


def write_explanation(services: Services, run: Run) -> str:
    """Store what is known about the refused rows; returns the run's reason, in one sentence."""
    with UnlessGone(), open_package(services, run) as (package, manifest):
        return _explain(services, run, package, manifest)
    # A newer file may have replaced the package by now. Then columns have no names, but the messages remain.
    return _explain(services, run, None, NOTHING)


@dataclass(frozen=True)
class _Work:
    """What the steps of one explanation share. `folder` holds temporary files."""

    services: Services
    run: Run
    rejections: Rejections
    folder: Path


def _explain(services: Services, run: Run, package: zipfile.ZipFile | None, manifest: Manifest) -> str:
    with closing(Rejections()) as rejections, tempfile.TemporaryDirectory() as folder:
        work = _Work(services, run, rejections, Path(folder))
        if package:
            for number, entity in enumerate(manifest.entities):
                _find_rejections(work, package, number, entity)
        _join_messages(work)
        first = next(rejections.lines(), None)
        if first is None:
            return "F&O named neither a row nor a message. Look at the execution log in F&O."
        counts = rejections.counts()
        _store(work, FileLabel.ERRORS, ERRORS, to_csv(rejections.lines(), manifest.entities, counts))
        found = {number: there for number, (_, there) in counts.items() if there}
        if package and found:
            _write_repair(work, package, manifest, list(found))
        if counts:
            return _reason(run, sum(rows for rows, _ in counts.values()), sum(found.values()), rejections.left())
        if package and (composite := composite_label(package, manifest)):
            return _composite_reason(run, composite)
        return first.message


def _find_rejections(work: _Work, package: zipfile.ZipFile, number: int, entity: PackageEntity) -> None:
    # The files are named by F&O's spelling of the label, which manifests need not share.
    spelt = {each.entity.casefold(): each.entity for each in work.run.entities}
    label = spelt.get(entity.label.casefold(), entity.label)
    for stage, prefix in FILES:
        if file := _download(work, error_file_name(prefix, label)):
            work.rejections.take_failed(number, stage, read_failed_rows(file, entity, whole=stage == "staging"))
            file.unlink()
    with suppress(UnreadableRowsError, *DAMAGED):
        work.rejections.look_through(read_rows(package, entity), number)
    work.rejections.settle(number)


def _join_messages(work: _Work) -> None:
    refused = sum(each.failed for each in work.run.entities)
    file = _download(work, MESSAGES)
    if file is None:
        work.rejections.join((), refused)
        return
    with file.open(encoding="utf-8", errors="replace", newline="") as text:
        work.rejections.join(read_messages(text), refused)


def _write_repair(work: _Work, package: zipfile.ZipFile, manifest: Manifest, wanted: list[int]) -> None:
    with tempfile.TemporaryFile(dir=work.folder) as built:
        try:
            build_repair(package, manifest, wanted, work.rejections.positions, built)
        except (UnreadableRowsError, *DAMAGED):
            return  # the file broke off while its rows were read; errors.csv has them
        built.seek(0)
        _store(work, FileLabel.REPAIR, REPAIR, iter(lambda: built.read(PIECE), b""))


def _download(work: _Work, name: str) -> Path | None:
    """A stored file, copied to disk; None when there is no such file."""
    file = work.folder / "fetched"
    try:
        stored = pin(work.services.account.blob(report_path(work.run, name)))
    except ResourceNotFoundError:
        return None
    with file.open("wb") as content:
        content.writelines(chunks(stored))
    return file


def _store(work: _Work, label: str, name: str, pieces: Iterator[bytes]) -> None:
    path = report_path(work.run, name)
    stream(pieces, work.services.account.blob(path))
    record_files(work.services, work.run, {label: path})


def _reason(run: Run, rows: int, found: int, left: Left) -> str:
    missing = sum(each.failed for each in run.entities) - rows
    apart = left.rows and left.messages
    rest = f"{_count(left.rows, 'row', 'rows')} and {_count(left.messages, 'message', 'messages')}"
    sentences = (
        (True, f"F&O refused {_count(rows, 'row', 'rows')} (listed in errors.csv)."),
        (found < rows, f"The file holds {found} of them."),
        (
            left.joined and rows > 1,
            f"{_count(left.joined, 'row has', 'rows have')} the only message that was left over.",
        ),
        (
            apart,
            f"{rest} stand apart, as it is uncertain which belong together.",
        ),
        (left.rows and not apart, f"F&O gave no message for {_count(left.rows, 'row', 'rows')}."),
        (
            left.messages and not apart,
            f"{_count(left.messages, 'message belongs', 'messages belong')} to no row that F&O names.",
        ),
        (missing > 0, f"{_count(missing, 'more row is', 'more rows are')} missing; F&O does not say which."),
    )
    return " ".join(sentence for applies, sentence in sentences if applies)


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _composite_reason(run: Run, label: str) -> str:
    """F&O has neither messages nor error files about composite entities (fno-behaviour 2.15, 4.4)."""
    failed = sum(each.failed for each in run.entities)
    return (
        f"{failed} records of {label} are missing, and F&O does not say which, as {label} is a composite entity. Look at "
        "the execution's page in F&O, and send only the missing records again, or numbered documents are created twice."
    )
