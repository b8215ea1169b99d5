"""The token goes to the configured origin and nowhere else, as real servers see it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from landfall.fno import FnoClient
from landfall.fno.errors import FnoError

TOKEN = "canary-token-0123456789"


class Tokens:
    """Always the same token."""

    def get(self, *, fresh: bool = False) -> str:  # noqa: ARG002  a token is a token here
        """Return the canary."""
        return TOKEN


Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def served() -> Iterator[Callable[[Answer], tuple[str, list[str]]]]:
    """Return a function that starts a server and returns its URL and the headers of all requests."""
    servers = []

    def serve(answer: Answer) -> tuple[str, list[str]]:
        heard: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(str(self.headers))  # before the answer: then whoever has that can look
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer(self)

            do_GET = do_POST  # noqa: N815  the names that http.server calls

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}", heard

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def said(status: int, headers: dict[str, str], body: object = None) -> Answer:
    """Return a handler that always gives this answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = json.dumps(body).encode()
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


Serve = Callable[[Answer], tuple[str, list[str]]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_second_port_gets_no_token(served: Serve, status: int) -> None:
    """A redirect to another port gets no token."""
    thief, stolen = served(said(200, {}, {"value": "Succeeded"}))
    fno, heard = served(said(status, {"Location": f"{thief}/data/x"}))
    with requests.Session() as session, pytest.raises(FnoError):
        FnoClient(fno, Tokens(), session=session).status("imp-1")
    assert any(TOKEN in each for each in heard)
    assert stolen == []


def test_a_next_page_on_a_second_port_gets_no_token(served: Serve) -> None:
    """A link to a next page on another port gets no token."""
    thief, stolen = served(said(200, {}, {"value": []}))
    fno, heard = served(said(200, {}, {"value": [], "@odata.nextLink": f"{thief}/data/x"}))
    with requests.Session() as session, pytest.raises(FnoError):
        FnoClient(fno, Tokens(), session=session).entity_results("imp-1")
    assert any(TOKEN in each for each in heard)
    assert stolen == []


def test_the_origin_hears_the_token(served: Serve) -> None:
    """The configured origin gets the token, which proves that these tests can see it."""
    fno, heard = served(said(200, {}, {"value": "Succeeded"}))
    with requests.Session() as session:
        FnoClient(fno, Tokens(), session=session).status("imp-1")
    assert [TOKEN in each for each in heard] == [True]
