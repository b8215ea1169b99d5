"""What the client reads about executions: fno-behaviour 4, 5.8."""

import pytest
import requests

from landfall.fno import EntityResult, ExecutionStatus, FnoClient
from landfall.fno.errors import ExecutionUnknownError
from tests.contract.client.conftest import GROUPS, import_of
from tests.contract.conftest import Caller
from tests.contract.package_files import package
from tests.contract.test_import_road import CUSTOMERS
from tests.contract.test_import_road import GROUPS as THEIR_GROUPS

LABEL = "Customers V3"
REFUSED = package(THEIR_GROUPS, CUSTOMERS)
"""Of four customers one arrives, two fail on the way to the target, and one on the way to staging."""


def run(fno: Caller, client: FnoClient, content: bytes) -> tuple[str, str]:
    """Import a package to its end; return the execution's id and project."""
    wanted = import_of(client, content)
    execution = client.import_package(wanted)
    fno.wait(execution)
    return execution, wanted.data_project


def test_end_and_counts(fno: Caller, client: FnoClient) -> None:
    """The status and the job details tell how an execution ended and which rows arrived (fno-behaviour 4.6, 5.8)."""
    execution, _ = run(fno, client, REFUSED)
    assert client.status(execution) is ExecutionStatus.PARTIALLY_SUCCEEDED
    _, result = client.entity_results(execution)
    assert (result.entity, result.to_process, result.staged, result.created) == (LABEL, 4, 3, 1)
    assert client.entity_statuses(execution) == ["Customer groups: Finished", f"{LABEL}: Error"]


def test_executions_of_a_project(fno: Caller, client: FnoClient) -> None:
    """The executions of a project have their entities, and those of other projects are absent (fno-behaviour 4.6)."""
    first, project = run(fno, client, GROUPS)
    run(fno, client, GROUPS)
    assert client.executions(project) == {
        first: [EntityResult("Customer groups", "Finished", "Finished", 1, 1, 0, to_process=1)]
    }
    assert client.executions("Nowhere") == {}


def test_failures_can_be_fetched(fno: Caller, client: FnoClient) -> None:
    """Messages, rows refused by staging and keys refused by the target can be fetched (fno-behaviour 4.1, 4.3, 4.5)."""
    execution, _ = run(fno, client, REFUSED)
    assert "must be filled in" in client.errors(execution)
    staging = requests.get(client.staging_errors_url(execution, LABEL), timeout=30)
    assert "C-4" in staging.text
    assert client.generate_error_keys(execution, LABEL)
    urls = (client.error_keys_url(execution, LABEL) for _ in range(50))
    assert "C-2" in requests.get(next(filter(None, urls)), timeout=30).text


def test_success_has_no_files(fno: Caller, client: FnoClient) -> None:
    """An execution without failures has no messages, rows or keys (fno-behaviour 4.3, 4.5)."""
    execution, _ = run(fno, client, GROUPS)
    assert client.errors(execution) == "[]"
    assert client.staging_errors_url(execution, "Customer groups") == ""
    assert not client.generate_error_keys(execution, "Customer groups")
    assert client.error_keys_url(execution, "Customer groups") == ""


def test_page_for_people(fno: Caller, client: FnoClient) -> None:
    """GetExecutionSummaryPageUrl names a page of the environment."""
    execution, _ = run(fno, client, GROUPS)
    assert str(client.execution_page(execution)).startswith(client.origin)


def test_deleted_execution(fno: Caller, client: FnoClient) -> None:
    """A deleted execution is unknown (fno-behaviour 1.5)."""
    execution, project = run(fno, client, GROUPS)
    client.delete_execution(execution)
    with pytest.raises(ExecutionUnknownError):
        client.status(execution)
    assert client.executions(project) == {}


def test_unknown_execution(client: FnoClient) -> None:
    """An id that never existed is ExecutionUnknownError (fno-behaviour 2.4)."""
    with pytest.raises(ExecutionUnknownError):
        client.status("client-never")
