"""Checks the connections to F&O and to Landfall's storage step by step: which step fails first, and what to do."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.data.tables import TableClient
from requests.utils import get_environ_proxies, select_proxy

from landfall.fno import FnoClient
from landfall.fno.addresses import audience
from landfall.fno.blobs import UntrustedUrlError, checked
from landfall.fno.errors import ExecutionUnknownError, FnoError, NotSentError, ThrottledError
from landfall.fno.files import files_of
from landfall.fno.redaction import scrub
from landfall.storage.account import ARCHIVE, EXPORTS, LANDING, REPORTS, DataAccount

CONNECT_SECONDS = 10.0
"""Timeout of a connection."""
NOBODY = "landfall-connection-check"
"""A data project and an execution that do not exist. An F&O that says so was reached, and let the app in."""


@dataclass(frozen=True)
class Step:
    """One step; `said` is what it found, or what is wrong and what to do about it."""

    name: str
    ok: bool
    said: str


class StepError(Exception):
    """A step failed; the message says what is wrong and what to do."""


def way_to_token(fno: FnoClient) -> Iterator[Step]:
    """The steps to a token: DNS, TLS, sign-in. They end with the first that fails."""
    url = urlsplit(fno.origin)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    steps: dict[str, Callable[[], str]] = {
        "DNS": lambda: _resolve(host),
        "TLS": lambda: _connect(host, port, tls=url.scheme == "https", ca_bundle=fno.ca_bundle),
    }
    if proxy := select_proxy(fno.origin, get_environ_proxies(fno.origin)):
        steps = {"proxy": lambda: f"{host} is reached through {urlsplit(proxy).hostname}"}
    return _run({**steps, "token": lambda: _token(fno)})


def way_through_fno(fno: FnoClient, hosts: tuple[str, ...] = ()) -> Iterator[Step]:
    """The steps with a token, up to the first that fails: F&O's data, its data management actions, its file storage."""
    return _run(
        {
            "/data": lambda: _data(fno),
            "data management": lambda: _action(fno),
            "F&O's storage": lambda: _files(fno, hosts),
        }
    )


def probe(fno: FnoClient) -> None:
    """Ask F&O for as little as possible: a token, and one read. Raises FnoError."""
    fno.project_entities(NOBODY)


def own_storage(account: DataAccount, ledger: Callable[[], TableClient]) -> Iterator[Step]:
    """The steps for Landfall's storage: whether containers and ledger exist and can be used."""
    return _run({"storage": lambda: _write_file(account), "ledger": lambda: _read_ledger(ledger)})


def _run(steps: dict[str, Callable[[], str]]) -> Iterator[Step]:
    for name, step in steps.items():
        try:
            found = Step(name, ok=True, said=step())
        except ThrottledError as busy:
            found = Step(name, ok=True, said=f"F&O is busy and asks for a pause of {busy.retry_after:.0f} s")
        except (StepError, FnoError, UntrustedUrlError) as error:
            found = Step(name, ok=False, said=scrub(str(error)))
        yield found
        if not found.ok:
            return


def _resolve(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise StepError(
            f"DNS has no address for {host} ({error.strerror}). Check FNO_URL and the DNS of this network."
        ) from None
    return f"{host} resolves to {', '.join(sorted({str(each[4][0]) for each in found}))}"


def _connect(host: str, port: int, *, tls: bool, ca_bundle: str | None) -> str:
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as connection:
            if not tls:
                return f"{host}:{port} accepts connections, without TLS"
            context = ssl.create_default_context(cafile=ca_bundle)
            with context.wrap_socket(connection, server_hostname=host) as secured:
                return f"{host}:{port} speaks {secured.version()} with a trusted certificate"
    except ssl.SSLCertVerificationError as error:
        raise StepError(
            f"The certificate of {host}:{port} is not trusted ({error.verify_message}). Set FNO_CA_BUNDLE to a PEM "
            "file with its authority, or bypass the proxy that replaces the certificate."
        ) from None
    except FileNotFoundError:
        raise StepError(f"FNO_CA_BUNDLE names a file that does not exist: {ca_bundle}") from None
    except (OSError, ssl.SSLError) as error:
        raise StepError(
            f"{host}:{port} cannot be reached ({error.strerror or type(error).__name__}). Check the port in FNO_URL, "
            "firewalls, and whether this network allows outbound connections to it."
        ) from None


def _token(fno: FnoClient) -> str:
    try:
        fno.sign_in()
    except NotSentError as error:
        raise StepError(
            f"{error}; check FNO_AUTHORITY, FNO_CA_BUNDLE, and whether this network allows connections to the authority"
        ) from None
    return f"issued for {audience(fno.origin)}"


def _data(fno: FnoClient) -> str:
    probe(fno)
    return f"{fno.origin}/data answers, and knows the client ID"


def _action(fno: FnoClient) -> str:
    try:
        fno.status(NOBODY)
    except ExecutionUnknownError:
        return "the actions answer"
    return "the actions answer, but F&O claims to know an execution that does not exist"


def _files(fno: FnoClient, hosts: tuple[str, ...]) -> str:
    url = urlsplit(checked(fno.write_url(f"{NOBODY}-{uuid4()}.zip").url, fno.origin, hosts))
    host, tls, ca_bundle = url.hostname or "", url.scheme == "https", files_of(fno).ca_bundle
    return _connect(host, url.port or (443 if tls else 80), tls=tls, ca_bundle=ca_bundle)


def _write_file(account: DataAccount) -> str:
    path = f"{REPORTS}/_connection/{uuid4()}"
    try:
        for name in (LANDING, ARCHIVE, REPORTS, EXPORTS):
            account.blobs.get_container_client(name).get_container_properties()
        account.write(path, b"")
        account.blob(path).delete_blob()
    except AzureError as error:
        raise StepError(_storage_error(error, "Storage Blob Data Contributor")) from None
    return f"{account.blobs.primary_hostname} has all containers and can be written"


def _read_ledger(ledger: Callable[[], TableClient]) -> str:
    try:
        next(iter(ledger().list_entities(results_per_page=1)), None)
    except AzureError as error:
        raise StepError(_storage_error(error, "Storage Table Data Contributor")) from None
    return "the table of runs answers"


def _storage_error(error: AzureError, role: str) -> str:
    if isinstance(error, ClientAuthenticationError) or (
        isinstance(error, HttpResponseError) and error.status_code in {401, 403}
    ):
        return f"The storage account refused access. Give the app's identity the role {role}, and check the firewall."
    if isinstance(error, HttpResponseError):
        answer = f"{error.status_code} {error.reason or ''}".strip()
        return f"The storage account answered {answer}. Deploy infra/, or create what is missing."
    reason = type(error).__name__
    return f"The storage account did not answer ({reason}). Check DataStorage, DNS, private endpoints and firewalls."
