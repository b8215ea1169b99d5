"""How long executions took, as the ledger stores it."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from landfall.ledger.durations import KEPT, Durations
from landfall.storage.account import DataAccount


@pytest.fixture
def durations(account: DataAccount) -> Durations:
    """The durations in this account's ledger."""
    return Durations(account.ledger_table())


@pytest.fixture
def project() -> str:
    """A data project without durations; its name contains characters that a row key must not."""
    return f"Größen / #{uuid4().hex}?"


def test_nothing_is_known_of_a_new_project(durations: Durations, project: str) -> None:
    """A new project has no durations."""
    assert durations.of(project) == ()


def test_the_latest_are_kept(durations: Durations, project: str) -> None:
    """In order and bounded, so that a project that became slower shows as such."""
    for number in range(KEPT + 10):
        durations.remember(project, f"{project[:40]}-{number}", number + 0.04)
    assert durations.of(project) == tuple(float(number) for number in range(10, KEPT + 10))


def test_an_execution_counts_once(durations: Durations, project: str) -> None:
    """A look that is repeated after a crash does not count twice."""
    for seconds in (10, 20):
        durations.remember(project, "execution", seconds)
    assert durations.of(project) == (10,)


def test_writers_do_not_hinder_each_other(durations: Durations, project: str) -> None:
    """Of many writers at once some are dropped, and the row stays valid."""
    durations.remember(project, "first", 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: durations.remember(project, f"{number}", number), range(2, 20)))
    assert durations.of(project)[0] == 1
    assert 2 <= len(durations.of(project)) <= 19
