"""A real storage account, and the app's services on it with an F&O that says what a test tells it to."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobClient, BlobSasPermissions, BlobServiceClient, generate_blob_sas
from hypothesis import settings

from landfall.claims import claim_file
from landfall.config.plan import Plan
from landfall.config.settings import Storage
from landfall.fno import EntityResult, ExecutionStatus, ExportRequest, ImportRequest, ProjectEntity, WriteUrl
from landfall.fno.errors import ExecutionUnknownError, FnoError
from landfall.ledger.circuits import Circuit
from landfall.ledger.ledger import Ledger
from landfall.records import Run
from landfall.services import Services, note
from landfall.storage.account import LANDING, TRANSFER, DataAccount
from local.azurite.server import run_azurite
from local.processes import stop_at_end
from local.stack import READY_SECONDS, emulator_part
from tests.unit.made_packages import package

settings.register_profile("integration", deadline=None, max_examples=20, database=None)
PLAN = Plan.model_validate(
    {
        "imports": [{"name": "packages", "path": "packages/{company}/{name}.zip"}],
        "exports": [{"name": "groups", "data_project": "Groups", "companies": ["USMF"], "schedule": "0 0 6 * * *"}],
        "submission": {"grace_seconds": 0},
    }
)


class CrashError(BaseException):
    """The process ends here: no code goes on, whatever errors it expects."""


@dataclass
class Crash:
    """Ends the process at the nth request to storage: before it is sent, or after it was carried out."""

    at: int
    answered: bool = False
    count: int = 0

    def on_request(self, _: object) -> None:
        """Called before each request."""
        self.count += 1
        if self.count == self.at and not self.answered:
            raise CrashError

    def on_response(self, _: object) -> None:
        """Called after each answer."""
        if self.count == self.at and self.answered:
            raise CrashError

    def account(self, storage: Storage) -> DataAccount:
        """An account whose every request comes by here, counted anew."""
        self.count = 0
        account = DataAccount(storage)
        hooks: dict[str, Any] = {
            "raw_request_hook": self.on_request,
            "raw_response_hook": self.on_response,
            # Looking for proxies takes a tenth of a request to a server on this machine.
            "use_env_settings": False,
        }
        connection = str(storage.connection_string)
        account.blobs = BlobServiceClient.from_connection_string(connection, **TRANSFER, **hooks)
        account.tables = TableServiceClient.from_connection_string(connection, **hooks)
        return account


@dataclass
class FakeFno:
    """An F&O without a server: `starts` says what becomes of each call that starts an execution.

    None carries it out; an exception is raised instead; a pair (exception, True) carries it out and raises then.
    Whatever it started it knows by id, unless `forgets`.
    """

    account: DataAccount
    origin: str = "http://127.0.0.1"
    starts: list[Any] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    requests: list[ImportRequest] = field(default_factory=list)
    exports: list[ExportRequest] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    write: Callable[[str], WriteUrl] | None = None
    says: Any = ExecutionStatus.EXECUTING
    results: list[EntityResult] = field(default_factory=list)
    package: Any = ""
    entities: Any = ()
    resets: list[tuple[str, str]] = field(default_factory=list)
    keeps_tokens: set[str] = field(default_factory=set)
    page: Any = None
    paused_seconds: float = 12.5
    heard: Callable[[FnoError | None, str], None] = lambda _error, _tried: None
    known: set[str] = field(default_factory=set)

    def blob(self, name: str) -> BlobClient:
        """A blob of F&O's own storage, as F&O hands it out: by a URL with a SAS."""
        blob = self.account.blobs.get_blob_client("fno", name)
        signature = generate_blob_sas(
            str(blob.account_name),
            "fno",
            name,
            account_key=self.account.blobs.credential.account_key,
            permission=BlobSasPermissions(read=True, write=True, create=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        return BlobClient.from_blob_url(f"{blob.url}?{signature}")

    def write_url(self, name: str) -> WriteUrl:
        """As F&O does."""
        if self.write:
            return self.write(name)
        return WriteUrl("{1}", self.blob(name).url)

    def import_package(self, request: ImportRequest) -> str:
        """As F&O does: it reads the package first."""
        self.requests.append(request)
        return self._start(
            request.execution_id,
            lambda: self.received.append(BlobClient.from_blob_url(request.package_url).download_blob().readall()),
        )

    def export_package(self, request: ExportRequest) -> str:
        """As F&O does."""
        self.exports.append(request)
        return self._start(request.execution_id, lambda: None)

    def status(self, execution_id: str) -> ExecutionStatus:
        """What `says` says about what was started, else that there is no such execution."""
        self.asked.append(execution_id)
        said = self.says.pop(0) if isinstance(self.says, list) else self.says
        if isinstance(said, FnoError):
            self.heard(said, "the status")
        if isinstance(said, Exception):
            raise said
        if execution_id not in self.known:
            raise ExecutionUnknownError("no such execution", said="Execution details were not found")
        return ExecutionStatus(said)

    def entity_results(self, _: str) -> list[EntityResult]:
        """What the test says."""
        return self.results

    def project_entities(self, _: str) -> list[ProjectEntity]:
        """What the test says."""
        if isinstance(self.entities, FnoError):
            self.heard(self.entities, "the entities")
        if isinstance(self.entities, Exception):
            raise self.entities
        return list(self.entities)

    def reset_version_token(self, data_project: str, entity: str) -> bool:
        """As F&O does, but for entities that the test names."""
        self.resets.append((data_project, entity))
        return entity not in self.keeps_tokens

    def execution_page(self, execution_id: str) -> str | None:
        """What the test says."""
        if isinstance(self.page, Exception):
            raise self.page
        return self.page and self.page.format(execution_id)

    def exported_package_url(self, _: str) -> str:
        """What the test says, always, or one after the other."""
        return str(self.package.pop(0) if isinstance(self.package, list) else self.package)

    def _start(self, execution_id: str, do: Callable[[], None]) -> str:
        fate = self.starts.pop(0) if self.starts else None
        error, done = fate if isinstance(fate, tuple) else (fate, fate is None)
        if done:
            do()
            self.started.append(execution_id)
            self.known.add(execution_id)
        self.heard(error, "the start")
        if error:
            raise error
        return execution_id


@contextmanager
def emulating(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run an F&O emulator in a process of its own, its state in a folder; yield its ready line."""
    with stop_at_end() as parts:
        parts.append(emulator_part(folder, folder / "log", *options))
        parts[0].start()
        yield parts[0].announcement(READY_SECONDS)


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """A storage account with the app's containers and table."""
    with run_azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        found = Storage(connection_string=azurite.connection_string)
        account = DataAccount(found)
        account.make_containers()
        account.blobs.create_container("fno")
        account.ledger_table()
        yield found


@pytest.fixture(scope="session")
def account(storage: Storage) -> DataAccount:
    """The app's view of it."""
    return DataAccount(storage)


@pytest.fixture
def services(account: DataAccount) -> Services:
    """The app's services, with a fake F&O that has done nothing yet."""
    ledger = Ledger(account.ledger_table())
    ledger.circuits.change("", lambda _: Circuit())  # as another test may have left it
    return Services(PLAN, account, ledger, FakeFno(account, heard=partial(note, ledger.circuits, "")))  # type: ignore[arg-type]


@pytest.fixture
def crashing(services: Services, storage: Storage) -> Callable[[Crash], Services]:
    """The same services in a process that ends at some request."""

    def make(crash: Crash) -> Services:
        account = crash.account(storage)
        return replace(services, account=account, ledger=Ledger(account.tables.get_table_client("runs")))

    return make


@pytest.fixture
def fno(services: Services) -> FakeFno:
    """That F&O."""
    assert isinstance(services.fno, FakeFno)
    return services.fno


@pytest.fixture
def name() -> str:
    """A landing path that no other test uses."""
    return f"packages/USMF/{uuid4().hex}.zip"


Drop = Callable[..., Run]


@pytest.fixture
def drop(services: Services, name: str) -> Drop:
    """Put a file into landing and claim it, as its event would."""

    def dropped(content: bytes | None = None) -> Run:
        blob = services.account.blob(f"{LANDING}/{name}")
        blob.upload_blob(io.BytesIO(package() if content is None else content), overwrite=True)
        run = claim_file(services, blob)
        assert run
        return run

    return dropped
