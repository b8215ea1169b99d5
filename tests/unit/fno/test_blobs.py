"""Which URLs from F&O are opened."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from azure.core.exceptions import HttpResponseError

from landfall.fno.blobs import BlobStorage, FileError, UntrustedUrlError, checked, open_blob

FNO = "https://contoso.operations.dynamics.com"
LOCAL = "http://127.0.0.1:8080"
SAS = "?sv=2014-02-14&sr=b&sig=c2VjcmV0&sp=rw"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://prodstore1.blob.core.windows.net/dmf/a.zip", FNO),
        ("https://prodstore1.blob.core.windows.net:443/dmf/a.zip", FNO),
        ("https://PRODSTORE1.Blob.Core.Windows.Net/dmf/a.zip", FNO),
        ("https://store.blob.core.usgovcloudapi.net/dmf/a.zip", FNO),
        ("https://store.blob.core.chinacloudapi.cn/dmf/a.zip", FNO),
        ("https://store.z12.blob.storage.azure.net/dmf/a.zip", FNO),
        ("http://127.0.0.1:10000/fnostorage/dmf/a.zip", LOCAL),
        ("https://store.blob.core.windows.net/dmf/a.zip", LOCAL),
    ],
)
def test_storage_of_fno_is_opened(url: str, origin: str) -> None:
    """Azure Blob Storage of every cloud is opened, and an emulator's storage on its own machine."""
    assert checked(url + SAS, origin) == url + SAS


@pytest.mark.parametrize(
    "url",
    [
        "http://prodstore1.blob.core.windows.net/dmf/a.zip",
        "https://blob.core.windows.net/dmf/a.zip",
        "https://evil.example/dmf/a.zip",
        "https://store.blob.core.windows.net.evil.example/a.zip",
        "https://evil.example/store.blob.core.windows.net/a.zip",
        "https://evil.example#.blob.core.windows.net/a.zip",
        "https://evil.example?.blob.core.windows.net/a.zip",
        "https://evil.example\\.blob.core.windows.net/a.zip",
        "https://evilblob.core.windows.net/a.zip",
        "https://a.b.blob.core.windows.net/a.zip",
        "https://store.blob.core.windows.net@evil.example/a.zip",
        "https://user:word@store.blob.core.windows.net/a.zip",
        "https://store.blob.core.windows.net:8443/a.zip",
        "https://store.blob.core.windows.net:port/a.zip",
        "https://store.blob.core.windows.net./a.zip",
        "https://169.254.169.254/metadata/identity/oauth2/token",
        "https://168.63.129.16/machine",
        "https://127.0.0.1/dmf/a.zip",
        "https://[::1]/dmf/a.zip",
        "https://[::1/dmf/a.zip",
        "https://2130706433/dmf/a.zip",
        "http://127.0.0.1:10000/fnostorage/dmf/a.zip",
        "http://169.254.169.254/metadata/identity",
        "file:///etc/passwd",
        "ftp://store.blob.core.windows.net/a.zip",
        "//store.blob.core.windows.net/a.zip",
        "https:/store.blob.core.windows.net/a.zip",
        " https://store.blob.core.windows.net/a.zip",
        "https://store.blob.core.windows.net/a.zip\r\nHost: evil.example",
        "store.blob.core.windows.net/a.zip",
        "",
    ],
)
def test_nothing_else_is_opened(url: str) -> None:
    """No other host is opened, however it is spelt, and no error shows the signature."""
    with pytest.raises(UntrustedUrlError) as refused:
        checked(url + SAS, FNO)
    assert "c2VjcmV0" not in str(refused.value)


def test_plain_http_is_for_one_machine() -> None:
    """An F&O that is reached by http may name http URLs of its own host only."""
    with pytest.raises(UntrustedUrlError, match=r"127\.0\.0\.2, .* not https"):
        checked("http://127.0.0.2:10000/fnostorage/dmf/a.zip", LOCAL)
    with pytest.raises(UntrustedUrlError, match="not https"):
        checked("http://contoso.operations.dynamics.com/dmf/a.zip", FNO)


def test_a_configured_host_is_opened() -> None:
    """A configured host is opened by https, at any port."""
    url = "https://ax.contoso.com:4443/files/a.zip"
    assert checked(url, FNO, ["AX.contoso.com"]) == url
    for other in ("https://other.contoso.com/a.zip", "http://ax.contoso.com/a.zip"):
        with pytest.raises(UntrustedUrlError):
            checked(other, FNO, ["ax.contoso.com"])


@pytest.fixture
def redirecting() -> Iterator[tuple[str, list[str]]]:
    """A server that redirects to itself, and the paths that it was asked for."""
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path.partition("?")[0])
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_a_redirect_is_not_followed(redirecting: tuple[str, list[str]]) -> None:
    """A redirect is not followed, so a trusted host cannot lead to another one."""
    url, asked = redirecting
    with pytest.raises(HttpResponseError):
        open_blob(f"{url}/account/dmf/a.zip{SAS}", LOCAL).download_blob()
    assert set(asked) == {"/account/dmf/a.zip"}


def test_a_storage_error_does_not_show_the_url(redirecting: tuple[str, list[str]]) -> None:
    """A file that the storage does not give is FileError with the status only."""
    url, _ = redirecting
    with pytest.raises(FileError, match=r"^302$"), BlobStorage(LOCAL).opened(f"{url}/account/dmf/a.zip{SAS}"):
        pass
