"""How long executions took, as the ledger remembers it."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from landfall.ledger.durations import KEPT, Durations
from landfall.storage.account import DataAccount


@pytest.fixture
def durations(account: DataAccount) -> Durations:
    """Those in this account's ledger."""
    return Durations(account.ledger_table())


@pytest.fixture
def project() -> str:
    """A data project of which nothing is known; its name is one that no table key may have."""
    return f"Größen / #{uuid4().hex}?"


def test_nothing_is_known_of_a_new_project(durations: Durations, project: str) -> None:
    """Then looks are geometric."""
    assert durations.of(project) == ()


def test_the_latest_are_kept(durations: Durations, project: str) -> None:
    """In order, bounded, so that a project that has become slower is known as such."""
    for number in range(KEPT + 10):
        durations.remember(project, f"{project[:40]}-{number}", number + 0.04)
    assert durations.of(project) == tuple(float(number) for number in range(10, KEPT + 10))


def test_an_execution_counts_once(durations: Durations, project: str) -> None:
    """A look that is repeated after a crash does not weigh twice."""
    for seconds in (10, 20):
        durations.remember(project, "execution", seconds)
    assert durations.of(project) == (10,)


def test_writers_do_not_hinder_each_other(durations: Durations, project: str) -> None:
    """Of many at once some are let go; what is there stays whole."""
    durations.remember(project, "first", 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: durations.remember(project, f"{number}", number), range(2, 20)))
    assert durations.of(project)[0] == 1
    assert 2 <= len(durations.of(project)) <= 19
