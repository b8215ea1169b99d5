"""Exports: the data files of an execution are zipped into a package that callers can download."""

import shutil
import tempfile
import zipfile
from pathlib import Path

from fno_emulator.dmf import executions
from fno_emulator.dmf.durations import Duration
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EXECUTING, FAILED, Execution
from fno_emulator.dmf.exporting import data_files
from fno_emulator.dmf.exporting.data_files import DataFile
from fno_emulator.dmf.model import manifest
from fno_emulator.dmf.model.manifest import Manifest
from fno_emulator.guids import new_guid


def run(environment: Environment, execution: Execution, duration: Duration) -> str:
    """Export an execution's entities; returns its final status, or "" if it was stopped or canceled.

    The package and the new version tokens appear together, when the execution's time is over. A failed entity is left
    out and keeps its token. An entity without a mapping keeps the execution Executing (fno-behaviour 1.11).
    """
    folder = Path(tempfile.mkdtemp(dir=environment.folder))
    try:
        files = data_files.write_all(environment, execution, folder)
        runs = executions.entities(environment.database, execution)
        if any(one.staging_status == EXECUTING for one in runs):
            return EXECUTING
        package = _zip(environment, execution, folder, files)
        if not duration.wait_for_end(environment.clock, environment.looks):
            return ""
        outcome = executions.summary(runs)
        no_url = environment.settings.zero_records_export == "empty_url"
        blob = ""
        if outcome != FAILED and not (no_url and not any(one.rows for one in files)):
            name = f"{execution.package or execution.id}_{new_guid()[1:-1]}_DMFPackage.zip"
            blob = environment.blobs.offer(package, name, "application/zip")
        with environment.database.transaction() as connection:
            if not executions.set_status(
                environment.database, execution, outcome, finished=environment.now(), blob=blob
            ):
                return ""
            if not execution.preview:
                tokens = [one.token for one in files]
                connection.executemany("INSERT OR REPLACE INTO version_tokens VALUES (?, ?, ?, ?)", tokens)
        return outcome
    finally:
        shutil.rmtree(folder)


def _zip(environment: Environment, execution: Execution, folder: Path, files: list[DataFile]) -> Path:
    project = Manifest(execution.project, execution.project, tuple(one.definition for one in files))
    names = {one.label: one.name for one in environment.catalogue.entities}
    names |= {one.label: one.name for one in environment.catalogue.composites}
    package = folder / "package"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Manifest.xml", manifest.write(project, names))
        archive.writestr("PackageHeader.xml", manifest.write_header(execution.project))
        for name in (one.definition.file for one in files):
            if (folder / name).exists():
                archive.write(folder / name, name)
    return package
