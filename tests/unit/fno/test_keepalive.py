"""Connections to F&O and its storage move something every minute, or Azure would forget them."""

import gc
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from landfall.config.settings import Storage
from landfall.fno.blobs import open_blob
from landfall.fno.keepalive import new_session
from landfall.fno.plain_files import PlainStorage
from landfall.storage.account import DataAccount


class Silent(BaseHTTPRequestHandler):
    """Answers every request with nothing and keeps the connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def call_api(url: str) -> object:
    """As the F&O client does."""
    session = new_session()
    session.get(f"{url}/data")
    return session


def open_file(url: str) -> object:
    """As transfers to and from F&O's storage do."""
    blob = open_blob(f"{url}/container/file", url)
    blob.exists()
    return blob


def open_plain_file(url: str) -> object:
    """As transfers on premises do."""
    opened = PlainStorage(url).opened(f"{url}/file")
    opened.__enter__()
    return opened


def ask_own_storage(url: str) -> object:
    """As copies by our own storage do, which answer when all bytes are there."""
    account = DataAccount(
        Storage(connection_string=f"AccountName=a;AccountKey=YQ==;BlobEndpoint={url}/a;TableEndpoint={url}/a")
    )
    account.blob("landing/x").exists()
    return account


@pytest.mark.parametrize("connect", [call_api, open_file, open_plain_file, ask_own_storage])
def test_live_sockets_are_kept_alive(url: str, connect: Callable[[str], object]) -> None:
    """The options of the socket that a call has opened."""
    kept = connect(url)
    port = int(url.rpartition(":")[2])
    live = [each for each in gc.get_objects() if isinstance(each, socket.socket) and is_client(each, port)]
    assert kept
    assert live
    for each in live:
        assert each.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert each.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        assert each.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 30
        assert each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def is_client(each: socket.socket, port: int) -> bool:
    """Whether a socket is connected to the server."""
    try:
        return each.family == socket.AF_INET and bool(each.getpeername()[1] == port)
    except OSError:
        return False
