"""The data management framework as the API sees it: one method per action, and F&O's texts for refusals."""

from datetime import timedelta
from urllib.parse import urlencode

from fno_emulator.dmf import executions, history, runner
from fno_emulator.dmf.batch import Batch
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import NullReference
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.importing import error_files
from fno_emulator.dmf.importing.calls import ImportCalls
from fno_emulator.dmf.model import projects, tables
from fno_emulator.dmf.recurring import Recurring
from fno_emulator.dmf.starter import Starter
from fno_emulator.guids import new_guid

_CLEAN_UP_INTERVAL = timedelta(hours=1)


class Framework:
    """The data management framework of one environment. Threads may share it.

    Args:
        environment: where the framework keeps its state.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.web_url = ""
        """The URL of the web client; the server sets it once it listens."""
        environment.packages.mkdir(parents=True, exist_ok=True)
        tables.make(environment.database, environment.catalogue)
        projects.seed(environment.database, environment.catalogue)
        self.batch = Batch(environment.database, lambda execution: runner.run(environment, execution))
        self.starter = Starter(environment, self.batch.notify)
        self.recurring = Recurring(environment, self.starter)
        self.import_calls = ImportCalls(environment.settings)
        self._next_clean_up = environment.clock.now()

    def reset(self) -> None:
        """Delete every execution, project, version token and row, and seed the environment again."""
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
        """A blob id, and a URL to upload a package to."""
        return new_guid(), self.environment.urls.write_url(unique_file_name)

    def exported_package_url(self, execution_id: str) -> str:
        """A download URL of the package; "" while there is no package, and for the first calls after that."""
        execution = self.execution(execution_id)
        if not execution.blob:
            return ""
        with self.environment.database.transaction() as connection:
            sql = "UPDATE executions SET url_asks = url_asks + 1 WHERE seq = ? RETURNING url_asks"
            asks = connection.execute(sql, (execution.seq,)).fetchone()[0]
        early = asks <= self.environment.settings.package_url_empty_asks
        return "" if early else self.environment.urls.read_url(execution.blob)

    def execution(self, execution_id: str) -> Execution:
        """The execution; see `executions.find`."""
        now = self.environment.clock.now()
        if now >= self._next_clean_up:
            self._next_clean_up = now + _CLEAN_UP_INTERVAL
            history.clean_up(self.environment)
        return executions.find(self.environment.database, execution_id, now)

    def entity_run(self, execution_id: str, entity: str) -> tuple[Execution, EntityRun]:
        """The execution, and one of its entities; see `executions.entity`."""
        execution = self.execution(execution_id)
        return execution, executions.entity(self.environment.database, execution, entity)

    def status(self, execution_id: str) -> str:
        """The execution's overall status. It stays available after a clean-up, and each call counts as a look."""
        found = executions.find(self.environment.database, execution_id, self.environment.clock.now())
        self.environment.looks.add(found.seq)
        waits = found.status == executions.NOT_RUN
        return self.environment.settings.queued_status if waits else found.status

    def delete_history(self, execution_id: str) -> None:
        """Delete every run of an execution from the job history."""
        for one in executions.runs(self.environment.database, self.execution(execution_id).id):
            history.delete(self.environment, one)
        self.batch.notify()

    def cancel(self, execution_id: str) -> None:
        """Cancel an execution; see `history.cancel`."""
        history.cancel(self.environment, self.execution(execution_id))
        self.batch.notify()

    def entity_sequence(self, labels: str) -> str:
        """Unit, level and sequence by entity: `Label-1-1-1,`; referenced ones have lower levels (fno-behaviour 9.9)."""
        found = [one for label in labels.split(",") if (one := self.environment.catalogue.by_label(label))]
        levels = self.environment.catalogue.levels(found)
        return "".join(f"{one.label}-1-{levels[one.label]}-{position}," for position, one in enumerate(found, 1))

    def page_url(self, execution_id: str) -> str:
        """The URL of the execution's summary page in the web client."""
        execution = self.execution(execution_id)
        return f"{self.web_url}/_emulator/page/execution?{urlencode({'id': execution.id, 'cmp': execution.company})}"

    def entity_statuses(self, execution_id: str) -> list[str]:
        """One line per entity; F&O's own format is not published (fno-behaviour 9.5)."""
        runs = executions.entities(self.environment.database, self.execution(execution_id))
        return [f"{one.entity}: {one.target_status}" for one in runs]

    def errors(self, execution_id: str) -> str:
        """The execution's errors as JSON text; F&O lists none for a composite (fno-behaviour 2.15)."""
        execution = self.execution(execution_id)
        runs = executions.entities(self.environment.database, execution)
        if any(self.environment.catalogue.composite(one.entity) for one in runs):
            if self.environment.settings.composite_errors == "empty":
                return "[]"
            raise NullReference("Object reference not set to an instance of an object.")
        return error_files.errors(self.environment, execution)

    def reset_version_token(self, project: str, entity: str) -> bool:
        """Make the entity's next incremental export a full one in every company; False if there is no such project."""
        if projects.find(self.environment.database, project) is None:
            return False
        with self.environment.database.transaction() as connection:
            connection.execute("DELETE FROM version_tokens WHERE project = ? AND entity = ?", (project, entity))
        return True
