"""The way to F&O and to our storage: the first step that fails is named, and what to do about it."""

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
    """An F&O in this process."""
    with Emulator(settings=Settings()) as running:
        yield running


@pytest.fixture
def ready(emulator: Emulator) -> dict[str, Any]:
    """Its ready line, to whom nothing has happened yet."""
    emulator.reset()
    return emulator.ready


class Client:
    """Makes clients of the emulator, with whatever is wrong about them."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self.identity = identity_of(ready)

    def at(self, url: str | None = None, ca_bundle: str | None = None, **who: Any) -> FnoClient:
        """A client of this URL, as this identity."""
        origin = url or self.ready["url"]
        return FnoClient(origin, EntraTokens(origin, replace(self.identity, **who)), ca_bundle=ca_bundle)


@pytest.fixture
def client(ready: dict[str, Any]) -> Client:
    """Clients of the emulator."""
    return Client(ready)


def told(steps: Iterator[Step]) -> list[tuple[str, bool]]:
    """Names of the steps, and whether they went well."""
    return [(each.name, each.ok) for each in steps]


def failed(steps: Iterator[Step]) -> Step:
    """The step at which a way ends."""
    *before, last = steps
    assert all(each.ok for each in before)
    assert not last.ok
    return last


def test_the_whole_way(client: Client) -> None:
    """Each step answers, in this order."""
    fno = client.at()
    assert told(way_to_token(fno)) == [("DNS", True), ("TLS", True), ("token", True)]
    assert told(way_through_fno(fno)) == [("/data", True), ("data management", True), ("F&O's storage", True)]


def test_a_name_that_nobody_has(client: Client) -> None:
    """A misspelt FNO_URL, or a network without the environment's name."""
    step = failed(way_to_token(client.at("https://nowhere.invalid")))
    assert step.name == "DNS"
    assert "check FNO_URL" in step.said


def test_a_port_that_nobody_listens_on(client: Client) -> None:
    """A firewall, or a wrong port."""
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
                    taken, _ = server.accept()
                except OSError:
                    return
                with taken:
                    try:
                        context.wrap_socket(taken, server_side=True).close()
                    except (OSError, ssl.SSLError):
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}", str(ca)
        server.shutdown(socket.SHUT_RDWR)


def test_a_certificate_of_nobody_we_trust(client: Client, private: tuple[str, str], tmp_path: Path) -> None:
    """On premises the authority stands in FNO_CA_BUNDLE; with it the step is good."""
    url, ca = private
    step = failed(way_to_token(client.at(url)))
    assert step.name == "TLS"
    assert "FNO_CA_BUNDLE" in step.said
    assert told(way_to_token(client.at(url, ca)))[1] == ("TLS", True)
    missing = failed(way_to_token(client.at(url, str(tmp_path / "none.pem"))))
    assert "a file that is not there" in missing.said


def test_an_authority_that_says_no(client: Client) -> None:
    """A wrong secret is named as such, and is not shown."""
    step = failed(way_to_token(client.at(client_secret="wr0ng")))
    assert step.name == "token"
    assert "AADSTS7000215" in step.said
    assert "wr0ng" not in step.said


def test_a_client_that_fno_does_not_list(client: Client) -> None:
    """The client id to enter, and where."""
    about = {"client_id": "unlisted", "client_secret": "s", "mapped": False}
    requests.post(f"{client.ready['url']}/_emulator/clients", json=about, timeout=30)
    fno = client.at(client_id="unlisted", client_secret="s")
    assert told(way_to_token(fno))[-1] == ("token", True)
    step = failed(way_through_fno(fno))
    assert step.name == "/data"
    assert "client ID unlisted in F&O" in step.said
    assert "Microsoft Entra applications" in step.said


def test_an_address_without_data_management(client: Client) -> None:
    """F&O answers, and its actions are refused."""
    fault = {"operation": "GetExecutionSummaryStatus", "when": "before", "do": {"status": 403}}
    requests.post(f"{client.ready['url']}/_emulator/faults", json=fault, timeout=30)
    assert failed(way_through_fno(client.at())).name == "data management"


def test_storage_of_fno_that_is_not_opened(client: Client) -> None:
    """A URL at a host that nobody allowed; its signature is not shown."""
    place = json.dumps({"BlobId": "{1}", "BlobUrl": "https://files.contoso.com/a.zip?sig=c2VjcmV0"})
    do = {"status": 200, "body": json.dumps({"value": place})}
    fault = {"operation": "GetAzureWriteUrl", "when": "before", "do": do}
    requests.post(f"{client.ready['url']}/_emulator/faults", json=fault, timeout=30)
    step = failed(way_through_fno(client.at()))
    assert step.name == "F&O's storage"
    assert "transfer.hosts" in step.said
    assert "c2VjcmV0" not in step.said


def test_a_busy_fno_is_no_failure(client: Client) -> None:
    """It answers, and says when it may be asked again."""
    do = {"status": 429, "headers": {"Retry-After": "7"}}
    fault = {"operation": "Read DataManagementDefinitionGroupDetails", "when": "before", "do": do}
    requests.post(f"{client.ready['url']}/_emulator/faults", json=fault, timeout=30)
    first = next(way_through_fno(client.at()))
    assert (first.ok, first.said) == (True, "F&O asks to be left alone for 7 s")


def test_our_storage(account: DataAccount) -> None:
    """Containers and ledger answer; the probe is gone afterwards."""
    assert told(own_storage(account, account.ledger_table)) == [("storage", True), ("ledger", True)]
    left = account.blobs.get_container_client("reports").list_blob_names(name_starts_with="_connection/")
    assert list(left) == []


def test_storage_that_does_not_let_us_in(storage: Storage) -> None:
    """The role to give is named."""
    connection = str(storage.connection_string)
    wrong = connection.replace("AccountKey=", "AccountKey=AAAA", 1)
    account = DataAccount(Storage(connection_string=wrong))
    step = failed(own_storage(account, account.ledger_table))
    assert "Storage Blob Data Contributor" in step.said


def test_the_command_tells_every_step(ready: dict[str, Any], storage: Storage) -> None:
    """`make check-connection` with the settings of the app: exit code 0, a line per step and no secret."""
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
    assert "ok      storage: " in out.getvalue(), "the rest that can be known is told too"


def test_settings_that_are_missing_are_said() -> None:
    """Before any step."""
    out = io.StringIO()
    assert check({}, out) == 1
    assert "FNO_URL" in out.getvalue()
