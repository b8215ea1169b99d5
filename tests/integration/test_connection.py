"""The connection check names the first step that fails, and what to do about it."""

import io
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from fno_emulator.auth.certificates import server_context
from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from landfall.cli.check_connection import check
from landfall.config.settings import Storage
from landfall.connection_check import Step, own_storage, way_through_fno, way_to_token
from landfall.fno import EntraTokens, FnoClient
from landfall.storage.account import DataAccount
from local.stack import FNO_VARIABLES
from tests.contract.client.conftest import identity_of


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An F&O emulator in this process."""
    with Emulator(settings=Settings()) as running:
        yield running


@pytest.fixture
def ready(emulator: Emulator) -> dict[str, Any]:
    """The emulator's ready line, after a reset."""
    emulator.reset()
    return emulator.ready


class Client:
    """Makes clients of the emulator with one thing wrong."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self.identity = identity_of(ready)

    def at(self, url: str | None = None, ca_bundle: str | None = None, **who: Any) -> FnoClient:
        """A client of this URL with this identity."""
        origin = url or self.ready["url"]
        return FnoClient(origin, EntraTokens(origin, replace(self.identity, **who)), ca_bundle=ca_bundle)


@pytest.fixture
def client(ready: dict[str, Any]) -> Client:
    """Clients of the emulator."""
    return Client(ready)


def results(steps: Iterator[Step]) -> list[tuple[str, bool]]:
    """The names of the steps, and whether each succeeded."""
    return [(each.name, each.ok) for each in steps]


def failed(steps: Iterator[Step]) -> Step:
    """The step that fails."""
    *before, last = steps
    assert all(each.ok for each in before)
    assert not last.ok
    return last


def test_the_whole_way(client: Client) -> None:
    """Each step succeeds, in this order."""
    fno = client.at()
    assert results(way_to_token(fno)) == [("DNS", True), ("TLS", True), ("token", True)]
    assert results(way_through_fno(fno)) == [
        ("/data", True),
        ("data management", True),
        ("F&O's storage", True),
    ]


def test_an_unknown_host_name(client: Client) -> None:
    """FNO_URL is misspelled, or the network cannot resolve the environment's name."""
    step = failed(way_to_token(client.at("https://nowhere.invalid")))
    assert step.name == "DNS"
    assert "Check FNO_URL" in step.said


def test_a_port_that_nobody_listens_on(client: Client) -> None:
    """A firewall is in the way, or the port is wrong."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        step = failed(way_to_token(client.at(f"https://127.0.0.1:{unused.getsockname()[1]}")))
    assert step.name == "TLS"
    assert "firewalls" in step.said


@pytest.fixture
def private(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server with a certificate of a private authority: its URL, and the authority's PEM file."""
    context, ca = server_context(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = server.accept()
                except OSError:
                    return
                with accepted:
                    try:
                        context.wrap_socket(accepted, server_side=True).close()
                    except (OSError, ssl.SSLError):
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}", str(ca)
        server.shutdown(socket.SHUT_RDWR)


def test_an_untrusted_certificate(client: Client, private: tuple[str, str], tmp_path: Path) -> None:
    """The error names FNO_CA_BUNDLE, and with the authority in it the step succeeds."""
    url, ca = private
    step = failed(way_to_token(client.at(url)))
    assert step.name == "TLS"
    assert "FNO_CA_BUNDLE" in step.said
    assert results(way_to_token(client.at(url, ca)))[1] == ("TLS", True)
    missing = failed(way_to_token(client.at(url, str(tmp_path / "none.pem"))))
    assert "a file that does not exist" in missing.said


def test_a_refused_secret(client: Client) -> None:
    """A wrong secret is named as such, and is not shown."""
    step = failed(way_to_token(client.at(client_secret="wr0ng")))
    assert step.name == "token"
    assert "AADSTS7000215" in step.said
    assert "wr0ng" not in step.said


def test_an_unregistered_client(client: Client) -> None:
    """The error names the client ID to register in F&O, and where."""
    about = {"client_id": "unlisted", "client_secret": "s", "mapped": False}
    requests.post(f"{client.ready['url']}/_emulator/clients", json=about, timeout=30)
    fno = client.at(client_id="unlisted", client_secret="s")
    assert results(way_to_token(fno))[-1] == ("token", True)
    step = failed(way_through_fno(fno))
    assert step.name == "/data"
    assert "client ID unlisted in F&O" in step.said
    assert "Microsoft Entra applications" in step.said


def test_an_address_without_data_management(client: Client) -> None:
    """F&O answers, and refuses its data management actions."""
    fault = {"operation": "GetExecutionSummaryStatus", "when": "before", "do": {"status": 403}}
    requests.post(f"{client.ready['url']}/_emulator/faults", json=fault, timeout=30)
    assert failed(way_through_fno(client.at())).name == "data management"


def test_a_file_host_that_is_not_allowed(client: Client) -> None:
    """The error names transfer.hosts, and does not show the URL's signature."""
    value = json.dumps({"BlobId": "{1}", "BlobUrl": "https://files.contoso.com/a.zip?sig=c2VjcmV0"})
    do = {"status": 200, "body": json.dumps({"value": value})}
    fault = {"operation": "GetAzureWriteUrl", "when": "before", "do": do}
    requests.post(f"{client.ready['url']}/_emulator/faults", json=fault, timeout=30)
    step = failed(way_through_fno(client.at()))
    assert step.name == "F&O's storage"
    assert "transfer.hosts" in step.said
    assert "c2VjcmV0" not in step.said


def test_a_busy_fno_is_no_failure(client: Client) -> None:
    """An F&O that answers 429 was reached, and says how long to wait."""
    do = {"status": 429, "headers": {"Retry-After": "7"}}
    fault = {"operation": "Read DataManagementDefinitionGroupDetails", "when": "before", "do": do}
    requests.post(f"{client.ready['url']}/_emulator/faults", json=fault, timeout=30)
    first = next(way_through_fno(client.at()))
    assert (first.ok, first.said) == (True, "F&O is busy and asks for a pause of 7 s")


def test_own_storage(account: DataAccount) -> None:
    """Containers and ledger answer, and the test file is gone afterwards."""
    assert results(own_storage(account, account.ledger_table)) == [("storage", True), ("ledger", True)]
    left = account.blobs.get_container_client("reports").list_blob_names(name_starts_with="_connection/")
    assert list(left) == []


def test_storage_that_refuses_access(storage: Storage) -> None:
    """The error names the role to give."""
    connection = str(storage.connection_string)
    wrong = connection.replace("AccountKey=", "AccountKey=AAAA", 1)
    account = DataAccount(Storage(connection_string=wrong))
    step = failed(own_storage(account, account.ledger_table))
    assert "Storage Blob Data Contributor" in step.said


def test_the_command_prints_every_step(ready: dict[str, Any], storage: Storage) -> None:
    """`make check-connection` with the app's settings exits with 0, and prints a line per step and no secret."""
    environment = {variable: ready[name] for name, variable in FNO_VARIABLES.items()}
    out = io.StringIO()
    assert check({**environment, "DataStorage": str(storage.connection_string)}, out) == 0
    assert [line.split(":")[0] for line in out.getvalue().splitlines()] == [
        f"ok      {name}"
        for name in ("DNS", "TLS", "token", "/data", "data management", "F&O's storage", "storage", "ledger")
    ]
    assert ready["client_secret"] not in out.getvalue()
    out = io.StringIO()
    wrong = {**environment, "FNO_CLIENT_SECRET": "wr0ng", "DataStorage": str(storage.connection_string)}
    assert check(wrong, out) == 1
    assert "FAILED  token: " in out.getvalue()
    assert "ok      storage: " in out.getvalue(), "the other checks run, too"


def test_missing_settings_are_named() -> None:
    """They are named before any step."""
    out = io.StringIO()
    assert check({}, out) == 1
    assert "FNO_URL" in out.getvalue()
