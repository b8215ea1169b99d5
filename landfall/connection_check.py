"""The way to F&O and to our storage, walked step by step: which step fails first, and what to do about it."""

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

SECONDS = 10.0
"""How long a connection is waited for."""
NOBODY = "landfall-connection-check"
"""A data project and an execution that nobody has: F&O saying so proves that it was reached and let us in."""


@dataclass(frozen=True)
class Step:
    """One step: `said` is what was found, or what is wrong and what to do about it."""

    name: str
    ok: bool
    said: str


class StepError(Exception):
    """The step fails; the message says what is wrong and what to do."""


def way_to_token(fno: FnoClient) -> Iterator[Step]:
    """From nothing to a token: name, TLS, token; ends with the first step that fails."""
    url = urlsplit(fno.origin)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    steps: dict[str, Callable[[], str]] = {
        "DNS": lambda: _resolved(host),
        "TLS": lambda: _greeted(host, port, tls=url.scheme == "https", ca_bundle=fno.ca_bundle),
    }
    if proxy := select_proxy(fno.origin, get_environ_proxies(fno.origin)):
        steps = {"proxy": lambda: f"{host} is reached through {urlsplit(proxy).hostname}"}
    return _walked({**steps, "token": lambda: _token(fno)})


def way_through_fno(fno: FnoClient, hosts: tuple[str, ...] = ()) -> Iterator[Step]:
    """What F&O answers to a token: its data, the actions of data management, and where its files lie."""
    return _walked(
        {
            "/data": lambda: _data(fno),
            "data management": lambda: _action(fno),
            "F&O's storage": lambda: _files(fno, hosts),
        }
    )


def own_storage(account: DataAccount, ledger: Callable[[], TableClient]) -> Iterator[Step]:
    """Containers and ledger: whether they are there and may be written."""
    return _walked({"storage": lambda: _containers(account), "ledger": lambda: _rows(ledger)})


def _walked(steps: dict[str, Callable[[], str]]) -> Iterator[Step]:
    for name, step in steps.items():
        try:
            found = Step(name, ok=True, said=step())
        except ThrottledError as busy:
            found = Step(name, ok=True, said=f"F&O asks to be left alone for {busy.retry_after:.0f} s")
        except (StepError, FnoError, UntrustedUrlError) as error:
            found = Step(name, ok=False, said=scrub(str(error)))
        yield found
        if not found.ok:
            return


def _resolved(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise StepError(
            f"{host} has no address here ({error.strerror}): check FNO_URL, and the DNS of this network"
        ) from None
    return f"{host} is {', '.join(sorted({str(each[4][0]) for each in found}))}"


def _greeted(host: str, port: int, *, tls: bool, ca_bundle: str | None) -> str:
    try:
        with socket.create_connection((host, port), SECONDS) as connection:
            if not tls:
                return f"{host}:{port} takes connections, without TLS"
            context = ssl.create_default_context(cafile=ca_bundle)
            with context.wrap_socket(connection, server_hostname=host) as secured:
                return f"{host}:{port} speaks {secured.version()} with a certificate that we trust"
    except ssl.SSLCertVerificationError as error:
        raise StepError(
            f"the certificate of {host}:{port} is not trusted ({error.verify_message}): name its authority in the PEM "
            "file of FNO_CA_BUNDLE, or take the proxy out of the way that puts its own certificate there"
        ) from None
    except FileNotFoundError:
        raise StepError(f"FNO_CA_BUNDLE names a file that is not there: {ca_bundle}") from None
    except (OSError, ssl.SSLError) as error:
        raise StepError(
            f"{host}:{port} does not take our connection ({error.strerror or type(error).__name__}): check the port in "
            "FNO_URL, firewalls, and whether this network lets us out"
        ) from None


def _token(fno: FnoClient) -> str:
    try:
        fno.sign_in()
    except NotSentError as error:
        raise StepError(
            f"{error}; check FNO_AUTHORITY and FNO_CA_BUNDLE, and whether this network lets us out to it"
        ) from None
    return f"issued for {audience(fno.origin)}"


def _data(fno: FnoClient) -> str:
    fno.project_entities(NOBODY)
    return f"{fno.origin}/data answers, and knows our client id"


def _action(fno: FnoClient) -> str:
    try:
        fno.status(NOBODY)
    except ExecutionUnknownError:
        return "its actions answer"
    return "its actions answer, strangely: it knows an execution that nobody made"


def _files(fno: FnoClient, hosts: tuple[str, ...]) -> str:
    url = urlsplit(checked(fno.write_url(f"{NOBODY}-{uuid4()}.zip").url, fno.origin, hosts))
    host, tls, ca_bundle = url.hostname or "", url.scheme == "https", files_of(fno).ca_bundle
    return _greeted(host, url.port or (443 if tls else 80), tls=tls, ca_bundle=ca_bundle)


def _containers(account: DataAccount) -> str:
    place = f"{REPORTS}/_connection/{uuid4()}"
    try:
        for name in (LANDING, ARCHIVE, REPORTS, EXPORTS):
            account.blobs.get_container_client(name).get_container_properties()
        account.write(place, b"")
        account.blob(place).delete_blob()
    except AzureError as error:
        raise StepError(_of_storage(error, "Storage Blob Data Contributor")) from None
    return f"{account.blobs.primary_hostname} has its containers, and takes files"


def _rows(ledger: Callable[[], TableClient]) -> str:
    try:
        next(iter(ledger().list_entities(results_per_page=1)), None)
    except AzureError as error:
        raise StepError(_of_storage(error, "Storage Table Data Contributor")) from None
    return "the table of runs answers"


def _of_storage(error: AzureError, role: str) -> str:
    if isinstance(error, ClientAuthenticationError) or (
        isinstance(error, HttpResponseError) and error.status_code in {401, 403}
    ):
        return f"it does not let us in: give our identity the role {role} there, and see its firewall"
    if isinstance(error, HttpResponseError):
        return f"it answered {error.status_code} {error.reason or ''}: deploy infra/, or make what is missing"
    return f"it does not answer ({type(error).__name__}): check DataStorage, DNS, private endpoints and firewalls"
