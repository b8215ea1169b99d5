"""Starts hosts as processes of their own, and storage for those that need it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.azurite.server import run_azurite
from tests.host.running_host import MakeHost, RunningHost

APPS = Path(__file__).parent / "apps"


@pytest.fixture
def make_host(tmp_path: Path) -> Iterator[MakeHost]:
    """Build hosts over copies of the apps; each is stopped at the end."""
    with ExitStack() as stack:

        def make(app: str, *options: str, **settings: str) -> RunningHost:
            folder = tmp_path / app
            if not folder.exists():
                shutil.copytree(APPS / app, folder)
            host = RunningHost(folder, tmp_path / "state", *options, **settings)
            stack.callback(host.part.stop)
            host.start()
            return host

        yield make


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host over the app `steps` for tests that only look at instances of their own."""
    folder = tmp_path_factory.mktemp("shared")
    shared = RunningHost(APPS / "steps", folder / "state")
    shared.start()
    yield shared
    shared.part.stop()


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a storage account."""
    with run_azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite.connection_string
