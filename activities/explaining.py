"""errors.csv and repair.zip, from the stored files of F&O and the run's package; what is large lies on disk."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from azure.core.exceptions import ResourceNotFoundError

from activities.run_files import GONE, note, opened, place
from landfall.file_labels import FileLabel
from landfall.fno.error_files import KEYS, STAGING, error_file_name
from landfall.fno.messages import read_messages
from landfall.packages.archives import DAMAGED
from landfall.packages.data_checks import composite_label
from landfall.packages.error_files import read_failed_rows
from landfall.packages.errors_csv import to_csv
from landfall.packages.formats import read_rows
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.rejections import Rejections, Stage
from landfall.packages.repair import build_repair
from landfall.records import Run
from landfall.services import Services
from landfall.storage.transfer import chunks, pin, stream

MESSAGES = "execution-errors.json"
FILES: tuple[tuple[Stage, str], ...] = (("staging", STAGING), ("target", KEYS))
ERRORS = "errors.csv"
REPAIR = "repair.zip"
NOTHING = Manifest("", ())
PIECE = 1 << 20
"""Bytes of a file on disk sent at once."""


def write_explanation(services: Services, run: Run) -> str:
    """Store what can be said about the refused rows; the run's reason, in a sentence."""
    try:
        with opened(services.account, run) as (package, manifest):
            return _explain(services, run, package, manifest)
    except GONE:
        # A newer file may have replaced the package by now: no column has a name then, the messages remain.
        return _explain(services, run, None, NOTHING)


@dataclass(frozen=True)
class _Work:
    """What the making of one explanation shares; `folder` is for files that are gone when it is done."""

    services: Services
    run: Run
    rejections: Rejections
    folder: Path


def _explain(services: Services, run: Run, package: zipfile.ZipFile | None, manifest: Manifest) -> str:
    with closing(Rejections()) as rejections, tempfile.TemporaryDirectory() as folder:
        work = _Work(services, run, rejections, Path(folder))
        if package:
            for number, entity in enumerate(manifest.entities):
                _find(work, package, number, entity)
        _join(work)
        first = next(rejections.lines(), None)
        if first is None:
            return "F&O named neither a row nor a message; its own execution log may say more"
        counts = rejections.counts()
        _store(work, FileLabel.ERRORS, ERRORS, to_csv(rejections.lines(), manifest.entities, counts))
        found = {number: there for number, (_, there) in counts.items() if there}
        if package and found:
            _repair(work, package, manifest, list(found))
        if counts:
            return _said(run, sum(rows for rows, _ in counts.values()), sum(found.values()))
        if package and (composite := composite_label(package, manifest)):
            return _said_of_composite(run, composite)
        return first.message


def _find(work: _Work, package: zipfile.ZipFile, number: int, entity: PackageEntity) -> None:
    for stage, prefix in FILES:
        if file := _fetched(work, error_file_name(prefix, entity.label)):
            work.rejections.take_failed(number, stage, read_failed_rows(file, entity.columns))
            file.unlink()
    with suppress(UnreadableRowsError, *DAMAGED):
        work.rejections.look_through(read_rows(package, entity), number)
    work.rejections.settle(number)


def _join(work: _Work) -> None:
    file = _fetched(work, MESSAGES)
    if file is None:
        work.rejections.join(())
        return
    with file.open(encoding="utf-8", errors="replace", newline="") as text:
        work.rejections.join(read_messages(text))


def _repair(work: _Work, package: zipfile.ZipFile, manifest: Manifest, wanted: list[int]) -> None:
    with tempfile.TemporaryFile(dir=work.folder) as built:
        try:
            build_repair(package, manifest, wanted, work.rejections.positions, built)
        except (UnreadableRowsError, *DAMAGED):
            return  # a file that broke off while its rows were read: they are in errors.csv
        built.seek(0)
        _store(work, FileLabel.REPAIR, REPAIR, iter(lambda: built.read(PIECE), b""))


def _fetched(work: _Work, name: str) -> Path | None:
    """A stored file on disk; None when there is none."""
    file = work.folder / "fetched"
    try:
        stored = pin(work.services.account.blob(place(work.run, name)))
    except ResourceNotFoundError:
        return None
    with file.open("wb") as content:
        content.writelines(chunks(stored))
    return file


def _store(work: _Work, label: str, name: str, pieces: Iterator[bytes]) -> None:
    target = place(work.run, name)
    stream(pieces, work.services.account.blob(target))
    note(work.services, work.run, {label: target})


def _said(run: Run, rows: int, found: int) -> str:
    said = f"F&O refused {rows} rows; errors.csv names them"
    if found < rows:
        said += f", the file holds {found} of them"
    missing = sum(each.failed for each in run.entities) - rows
    if missing > 0:
        said += f"; {missing} more rows are missing, and F&O does not say which"
    return said


def _said_of_composite(run: Run, label: str) -> str:
    """F&O has neither messages nor error files for composite entities (fno-behaviour 2.15, 4.4)."""
    failed = sum(each.failed for each in run.entities)
    return (
        f"{failed} records of {label} are missing; of composite entities F&O does not say which: see its page of this "
        "execution, and send again only what is not there, or numbered documents come twice"
    )
