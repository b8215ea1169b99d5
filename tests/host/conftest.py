"""Fixtures that start hosts and storage as processes."""

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
    """Starts hosts for copies of the apps, and stops them at the end."""
    with ExitStack() as stack:

        def make(app: str, *options: str, **settings: str) -> RunningHost:
            folder = tmp_path / app
            if not folder.exists():
                shutil.copytree(APPS / app, folder)
            return stack.enter_context(RunningHost(folder, tmp_path / "state", *options, **settings))

        yield make


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host with the app `steps` for tests that use only instances of their own."""
    with RunningHost(APPS / "steps", tmp_path_factory.mktemp("shared") / "state") as shared:
        yield shared


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a storage account."""
    with run_azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite.connection_string
