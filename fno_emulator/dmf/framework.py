"""The data management framework as its callers see it: one method per action, F&O's texts for what it refuses."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

from fno_emulator.dmf import executions, history, runner
from fno_emulator.dmf.batch import Batch
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed, NoSuchProject, NullReference, PackageRefused
from fno_emulator.dmf.executions import Execution, NewExecution
from fno_emulator.dmf.exporting import run as exporting
from fno_emulator.dmf.importing import error_files as artefacts
from fno_emulator.dmf.importing import package
from fno_emulator.dmf.importing.calls import ImportCalls
from fno_emulator.dmf.model import projects, tables
from fno_emulator.dmf.model.manifest import Manifest
from fno_emulator.dmf.recurring import Recurring

CLEAN_UP_EVERY = timedelta(hours=1)
LONGEST_COMPANY = 4
"""Characters of a legal entity's id (fno-behaviour 2.8)."""


class Framework:
    """One environment's data management framework; every method may be called from any thread.

    Args:
        environment: where its state lives.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.web_url = ""
        """Where the web client answers; set once it listens."""
        environment.packages.mkdir(parents=True, exist_ok=True)
        tables.make(environment.database, environment.catalogue)
        projects.seed(environment.database, environment.catalogue)
        self.batch = Batch(environment.database, lambda execution: runner.run(environment, execution))
        self._next_clean_up = environment.clock.now()
        self.recurring = Recurring(environment, self.register, self.export_to_package)
        self.import_calls = ImportCalls(environment.settings)

    def reset(self) -> None:
        """Forget every execution, project, token and row, and seed anew."""
        self._next_clean_up = self.environment.clock.now()
        database, catalogue = self.environment.database, self.environment.catalogue
        with database.transaction() as connection:
            for table in (
                "executions",
                "execution_entities",
                "rejections",
                "projects",
                "version_tokens",
                "number_sequences",
                "messages",
            ):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are above
            tables.drop(connection, catalogue)
            tables.make(database, catalogue)
            projects.seed(database, catalogue)

    def azure_write_url(self, unique_file_name: str) -> tuple[str, str]:
        """A blob id and a URL to upload a package to."""
        return f"{{{str(uuid4()).upper()}}}", self.environment.blobs.write_url(unique_file_name)

    def import_from_package(  # noqa: PLR0913 - the action's six parameters
        self, url: str, project: str, execution_id: str, company: str, *, execute: bool, overwrite: bool
    ) -> str:
        """Take a package in and start an import; gives the execution's id.

        Raises:
            PackageRefused: the URL does not open, or what lies there is no package.
            ActionFailed: the project exists and may not be overwritten; the id or the company does not fit.
        """
        company = self._company(company)
        known = projects.find(self.environment.database, project) or projects.new(project)
        self._refuse_used(NewExecution(known, execution_id, company, "import", package=""))
        with self._unpacked(url) as (name, found):
            self._check_composite(found, project, overwrite=overwrite)
            replaces = overwrite or self._has_composite(found)
            definition_group = projects.from_import(
                self.environment.database, project, found, overwrite=replaces
            )
            return self.register(
                NewExecution(definition_group, execution_id, company, "import", package=name, execute=execute)
            )

    def export_from_package(
        self, url: str, project: str, execution_id: str, company: str, *, overwrite: bool
    ) -> str:
        """Make an export project from a package's manifest and export it; gives the execution's id.

        Raises:
            PackageRefused, ActionFailed: as for an import.
        """
        with self._unpacked(url) as (name, found):
            made = projects.from_import(
                self.environment.database, project, found, overwrite=overwrite, operation="Export"
            )
            execution = self.export_to_package(made.name, made.name, execution_id, company)
        shutil.rmtree(self.environment.packages / name)
        return execution

    def export_to_package(
        self,
        project: str,
        package_name: str,
        execution_id: str,
        company: str,
        some: exporting.Extent = exporting.ALL,
    ) -> str:
        """Start an export of an existing project; gives the execution's id.

        Raises:
            NoSuchProject: there is none of that name.
            ActionFailed: the id or the company does not fit.
        """
        found = projects.find(self.environment.database, project)
        if found is None:
            raise NoSuchProject(f"Data project {project} does not exist.")
        return self.register(
            NewExecution(
                replace(found, entities=some.of(found.entities)),
                execution_id,
                self._company(company),
                "export",
                package=package_name,
                preview=some.rows,
                again=some.again,
            )
        )

    def exported_package_url(self, execution_id: str) -> str:
        """Where the package lies; "" while it is not there, and for the first asks after."""
        execution = self.execution(execution_id)
        if not execution.blob:
            return ""
        with self.environment.database.transaction() as connection:
            sql = "UPDATE executions SET url_asks = url_asks + 1 WHERE seq = ? RETURNING url_asks"
            asks = connection.execute(sql, (execution.seq,)).fetchone()[0]
        late = asks <= self.environment.settings.package_url_empty_asks
        return "" if late else self.environment.blobs.read_url(execution.blob)

    def execution(self, execution_id: str) -> Execution:
        """The execution; see `executions.find`."""
        now = self.environment.clock.now()
        if now >= self._next_clean_up:
            self._next_clean_up = now + CLEAN_UP_EVERY
            history.clean_up(self.environment)
        return executions.find(self.environment.database, execution_id, now)

    def status(self, execution_id: str) -> str:
        """The execution's overall status, which outlives what is cleaned up; the look is counted."""
        found = executions.find(self.environment.database, execution_id, self.environment.clock.now())
        self.environment.looks.add(found.seq)
        waits = found.status == executions.NOT_RUN
        return self.environment.settings.queued_status if waits else found.status

    def delete_history(self, execution_id: str) -> None:
        """Remove an execution from the job history, with every run it had."""
        known = self.execution(execution_id)
        for one in executions.runs(self.environment.database, known.id):
            history.delete(self.environment, one)
        self.batch.notify()

    def cancel(self, execution_id: str) -> None:
        """See `history.cancel`."""
        history.cancel(self.environment, self.execution(execution_id))
        self.batch.notify()

    def entity_sequence(self, labels: str) -> str:
        """Unit, level and sequence per entity, referenced entities first: `Label-1-1-1,` each (fno-behaviour 9.9)."""
        found = [one for label in labels.split(",") if (one := self.environment.catalogue.by_label(label))]
        levels = self.environment.catalogue.levels(found)
        return "".join(
            f"{one.label}-1-{levels[one.label]}-{position}," for position, one in enumerate(found, 1)
        )

    def page_url(self, execution_id: str) -> str:
        """The execution's summary page in the web client."""
        execution = self.execution(execution_id)
        return f"{self.web_url}/_emulator/page/execution?{urlencode({'id': execution.id, 'cmp': execution.company})}"

    def entity_statuses(self, execution_id: str) -> list[str]:
        """One line per entity (the shape is nobody's published knowledge: fno-behaviour 9.5)."""
        runs = executions.entities(self.environment.database, self.execution(execution_id))
        return [f"{one.entity}: {one.target_status}" for one in runs]

    def errors(self, execution_id: str) -> str:
        """See `artefacts.errors`; a composite's execution has none to tell (fno-behaviour 2.15)."""
        execution = self.execution(execution_id)
        runs = executions.entities(self.environment.database, execution)
        if any(self.environment.catalogue.composite(one.entity) for one in runs):
            if self.environment.settings.composite_errors == "empty":
                return "[]"
            raise NullReference("Object reference not set to an instance of an object.")
        return artefacts.errors(self.environment, execution)

    def staging_error_url(self, execution_id: str, entity: str) -> str:
        """See `artefacts.staging_error_url`."""
        execution = self.execution(execution_id)
        run = executions.entity(self.environment.database, execution, entity)
        return artefacts.staging_error_url(self.environment, execution, run)

    def generate_error_keys(self, execution_id: str, entity: str) -> bool:
        """See `artefacts.generate_error_keys`."""
        execution = self.execution(execution_id)
        run = executions.entity(self.environment.database, execution, entity)
        return artefacts.generate_error_keys(self.environment, execution, run)

    def error_keys_url(self, execution_id: str, entity: str) -> str:
        """See `artefacts.error_keys_url`."""
        execution = self.execution(execution_id)
        run = executions.entity(self.environment.database, execution, entity)
        return artefacts.error_keys_url(self.environment, execution, run)

    def reset_version_token(self, project: str, entity: str) -> bool:
        """Make the next incremental export of the entity a full one, in every company; False for no such project."""
        if projects.find(self.environment.database, project) is None:
            return False
        with self.environment.database.transaction() as connection:
            connection.execute(
                "DELETE FROM version_tokens WHERE project = ? AND entity = ?", (project, entity)
            )
        return True

    @contextmanager
    def _unpacked(self, url: str) -> Iterator[tuple[str, Manifest]]:
        """The name of the folder a package was unpacked to, and its manifest; a refusal leaves no folder behind."""
        name = str(uuid4())
        try:
            uploaded = self.environment.blobs.opened_by(url)
        except PermissionError:
            raise PackageRefused("The remote server returned an error: (403) Forbidden.") from None
        except FileNotFoundError:
            raise PackageRefused("The remote server returned an error: (404) Not Found.") from None
        try:
            with uploaded:
                found = package.unpack(
                    uploaded,
                    self.environment.packages / name,
                    self.environment.catalogue,
                    self.environment.settings,
                )
            yield name, found
        except ActionFailed:
            shutil.rmtree(self.environment.packages / name)
            raise

    def _has_composite(self, found: Manifest) -> bool:
        return any(self.environment.catalogue.composite(one.entity) for one in found.entities)

    def _check_composite(self, found: Manifest, project: str, *, overwrite: bool) -> None:
        """A composite comes alone, into a project that exists and is not overwritten (fno-behaviour 2.16)."""
        if not self._has_composite(found):
            return
        if projects.find(self.environment.database, project) is None:
            raise PackageRefused(
                "A data project must exist before importing a package consisting of a composite data entity."
            )
        if overwrite or len(found.entities) > 1:
            raise PackageRefused("A composite data entity is imported by itself and without overwrite.")

    def _company(self, company: str) -> str:
        known = self.environment.catalogue.companies
        company = company.strip().upper() or known[0]
        if len(company) > LONGEST_COMPANY or company not in known:
            raise ActionFailed(f"Legal entity {company} does not exist.")
        return company

    def _refuse_busy(self, project: str) -> None:
        if self.environment.settings.busy_project != "refuse":
            return
        sql = "SELECT id FROM executions WHERE project = ? AND status IN ('NotRun', 'Executing')"
        if row := self.environment.database.connection().execute(sql, (project,)).fetchone():
            raise ActionFailed(f"The data project {project} is being executed: {row['id']}.")

    def _refuse_used(self, new: NewExecution) -> None:
        executions.refuse_used(self.environment.database, self.environment.settings, new)

    def register(self, new: NewExecution) -> str:
        """Write a new execution down for the batch; gives its id, made here when it has none."""
        self._refuse_busy(new.project.name)
        now = self.environment.clock.now()
        made = executions.new_id(new, now, by_second=self.environment.settings.export_ids == "by_second")
        new = replace(new, id=new.id.strip() or made)
        visible = now + timedelta(seconds=self.environment.settings.registration_seconds)
        with self.environment.database.transaction():
            self._refuse_used(new)
            executions.register(self.environment.database, new, now, visible)
        self.batch.notify()
        return new.id
