"""F&O's files on premises: whole requests, and no credentials beside the URL."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from landfall.fno.blobs import UntrustedUrlError
from landfall.fno.plain_files import PlainFileError, PlainStorage

QUERY = "?sig=c2VjcmV0"


class Server(HTTPServer):
    """A storage that keeps one file, answers with `status` and `headers`, and keeps the requests."""

    def __init__(self) -> None:
        self.status = 201
        self.sent_headers: dict[str, str] = {}
        self.body = b""
        self.told_size: int | None = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        storage = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                storage.asked.append(("PUT", dict(self.headers)))
                storage.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(storage.status, b"")

            def do_GET(self) -> None:
                storage.asked.append(("GET", dict(self.headers)))
                self.answer(storage.status, storage.body)

            def do_HEAD(self) -> None:
                if storage.told_size is None:
                    self.answer(405, b"")
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(storage.told_size))
                self.end_headers()

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **storage.sent_headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """A file's URL, with its signature."""
        return f"http://127.0.0.1:{self.server_port}/files/a.zip{QUERY}"


@pytest.fixture
def server() -> Iterator[Server]:
    """A storage that accepts everything."""
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def storage() -> PlainStorage:
    """The client's side, for an F&O on this machine."""
    return PlainStorage("http://127.0.0.1:8080/namespaces/AXSF")


def test_a_file_goes_up_in_one_request_of_known_length(server: Server, storage: PlainStorage) -> None:
    """An upload has a Content-Length and no HTTP chunks, and is read in pieces of bounded size."""
    content = bytes(range(256)) * 9000
    sizes: list[int] = []

    class Pieces(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            sizes.append(size or 0)
            return super().read(size)

    storage.put(server.url, Pieces(content), len(content))
    ((method, headers),) = server.asked
    assert (method, headers["Content-Length"], server.body) == ("PUT", str(len(content)), content)
    assert "Transfer-Encoding" not in headers
    assert max(sizes) <= 1 << 20
    assert min(sizes) > 0


def test_a_storage_that_tells_no_size_is_believed(server: Server, storage: PlainStorage) -> None:
    """A storage that tells a file's size must have all bytes; one that does not is believed."""
    storage.put(server.url, io.BytesIO(b"abc"), 3)
    server.told_size = 3
    storage.put(server.url, io.BytesIO(b"abc"), 3)
    server.told_size = 2
    with pytest.raises(PlainFileError, match="2 of 3 bytes") as cut:
        storage.put(server.url, io.BytesIO(b"abc"), 3)
    assert cut.value.again


@pytest.mark.parametrize(("status", "again"), [(403, True), (401, True), (404, False), (500, False), (302, False)])
def test_a_refusal_is_an_error(server: Server, storage: PlainStorage, status: int, *, again: bool) -> None:
    """Only an expired URL is worth another; redirects are not followed, and no error shows the signature."""
    server.status, server.sent_headers = status, {"Location": server.url}
    with pytest.raises(PlainFileError, match=f"127.0.0.1 answered {status} to PUT") as refused:
        storage.put(server.url, io.BytesIO(b"abc"), 3)
    assert refused.value.again == again
    assert "c2VjcmV0" not in str(refused.value)
    assert len(server.asked) == 1


def test_a_download_that_breaks_off_is_an_error(server: Server, storage: PlainStorage) -> None:
    """A download with fewer bytes than announced is an error."""
    server.status, server.body = 200, b"abc"
    with storage.opened(server.url) as pieces:
        assert b"".join(pieces) == b"abc"
    server.sent_headers = {"Content-Length": "10"}
    with storage.opened(server.url) as pieces, pytest.raises(PlainFileError, match="broke off"):
        list(pieces)


def test_a_netrc_entry_is_not_sent(
    server: Server, storage: PlainStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the token nor a .netrc entry goes along with a file."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    storage.put(server.url, io.BytesIO(b"abc"), 3)
    assert "Authorization" not in server.asked[0][1]


def test_a_silent_storage_is_named_without_its_url(storage: PlainStorage) -> None:
    """The error for a silent storage does not show the URL."""
    with pytest.raises(PlainFileError, match=r"^127\.0\.0\.1 does not answer \(ConnectionError\)$"):
        storage.put(f"http://127.0.0.1:9/files/a.zip{QUERY}", io.BytesIO(b"abc"), 3)


def test_only_allowed_hosts_are_opened(storage: PlainStorage) -> None:
    """Only the hosts that are allowed for Azure Blob Storage are opened."""
    with pytest.raises(UntrustedUrlError):
        storage.put(f"http://169.254.169.254/a.zip{QUERY}", io.BytesIO(b"abc"), 3)
    with pytest.raises(UntrustedUrlError), storage.opened(f"http://169.254.169.254/a.zip{QUERY}"):
        pass
