"""Starts imports and exports, as the actions of the package API do."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from fno_emulator.dmf import registration
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed, PackageRefused
from fno_emulator.dmf.exporting.extent import ALL, Extent
from fno_emulator.dmf.importing import package
from fno_emulator.dmf.model import projects
from fno_emulator.dmf.model.manifest import Manifest
from fno_emulator.dmf.registration import NewExecution

_LONGEST_COMPANY = 4
"""The most characters that the id of a legal entity has (fno-behaviour 2.8)."""


class Starter:
    """Starts executions.

    Args:
        environment: where executions are stored.
        notify: tells the batch that there is a new execution.
    """

    def __init__(self, environment: Environment, notify: Callable[[], None]) -> None:
        self._environment = environment
        self._database = environment.database
        self._notify = notify

    def import_from_package(  # noqa: PLR0913 - the action has six parameters
        self,
        url: str,
        project: str,
        execution_id: str,
        company: str,
        *,
        execute: bool,
        overwrite: bool,
        waits: bool = True,
    ) -> str:
        """Unpack a package and start an import; returns the execution's id. A caller that `waits` waits for the former.

        Raises:
            PackageRefused: the URL cannot be read, or its content is not a package.
            ActionFailed: the project exists and may not be overwritten, the id is used, the company does not exist, or
                the caller would wait longer than F&O lets it.
        """
        company = self._company(company)
        known = projects.find(self._database, project) or projects.new(project)
        registration.check_id(self._environment, NewExecution(known, execution_id, company, "import", package=""))
        with self._unpack(url) as (folder, manifest):
            if waits:
                self._take_time()
            composite = any(self._environment.catalogue.composite(one.entity) for one in manifest.entities)
            if composite:
                self._check_composite(manifest, project, overwrite=overwrite)
            target = projects.from_manifest(self._database, project, manifest, overwrite=overwrite or composite)
            return self.register(NewExecution(target, execution_id, company, "import", package=folder, execute=execute))

    def export_from_package(self, url: str, project: str, execution_id: str, company: str, *, overwrite: bool) -> str:
        """Make an export project from a package's manifest and export it; returns the execution's id.

        Raises:
            PackageRefused, ActionFailed: see `import_from_package`.
        """
        with self._unpack(url) as (folder, manifest):
            made = projects.from_manifest(self._database, project, manifest, overwrite=overwrite, operation="Export")
            execution = self.export_to_package(made.name, made.name, execution_id, company)
        shutil.rmtree(self._environment.packages / folder)
        return execution

    def export_to_package(
        self, project: str, package_name: str, execution_id: str, company: str, extent: Extent = ALL
    ) -> str:
        """Start an export of an existing project; returns the execution's id.

        Raises:
            NoSuchProject: the project does not exist.
            ActionFailed: the id is used, or the company does not exist.
        """
        found = projects.get(self._database, project)
        return self.register(
            NewExecution(
                replace(found, entities=extent.select(found.entities)),
                execution_id,
                self._company(company),
                "export",
                package=package_name,
                preview=extent.rows,
                again=extent.again,
            )
        )

    def register(self, new: NewExecution) -> str:
        """Register an execution and notify the batch; returns the execution's id. See `registration.register`."""
        execution = registration.register(self._environment, new)
        self._notify()
        return execution

    @contextmanager
    def _unpack(self, url: str) -> Iterator[tuple[str, Manifest]]:
        """The name of the folder with the unpacked package, and its manifest. A refusal deletes the folder."""
        name = str(uuid4())
        try:
            upload = self._environment.urls.open(url)
        except PermissionError:
            raise PackageRefused("The remote server returned an error: (403) Forbidden.") from None
        except FileNotFoundError:
            raise PackageRefused("The remote server returned an error: (404) Not Found.") from None
        try:
            with upload:
                manifest = package.unpack(self._environment, upload, name)
            yield name, manifest
        except ActionFailed:
            shutil.rmtree(self._environment.packages / name)
            raise

    def _take_time(self) -> None:
        """Let the time pass that unpacking takes. F&O lets a caller wait for so long only (fno-behaviour 2.19)."""
        settings, clock = self._environment.settings, self._environment.clock
        clock.wait_until(clock.now() + timedelta(seconds=min(settings.unpack_seconds, settings.interactive_seconds)))
        if settings.unpack_seconds > settings.interactive_seconds:
            raise ActionFailed(
                "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or the "
                "server is not responding."
            )

    def _check_composite(self, manifest: Manifest, project: str, *, overwrite: bool) -> None:
        """A composite is its package's only entity; its project exists and is not overwritten (fno-behaviour 2.16)."""
        if projects.find(self._database, project) is None:
            raise PackageRefused(
                "A data project must exist before importing a package consisting of a composite data entity."
            )
        if overwrite or len(manifest.entities) > 1:
            raise PackageRefused("A composite data entity is imported by itself and without overwrite.")

    def _company(self, company: str) -> str:
        companies = self._environment.catalogue.companies
        company = company.strip().upper() or companies[0]
        if len(company) > _LONGEST_COMPANY or company not in companies:
            raise ActionFailed(f"Legal entity {company} does not exist.")
        return company
