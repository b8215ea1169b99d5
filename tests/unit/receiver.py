"""A receiver of notices: a real HTTP server that answers what a test tells it to and keeps what it got."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`answers` are the statuses to come, after them 204; `got` holds headers and body of every request."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens; the query is a secret, as Logic Apps' is."""
        return f"http://127.0.0.1:{self.port}/hook?sig=VERY-SECRET"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it took."""
        return [json.loads(body) for _, body in self.got]


@contextmanager
def receiving(*answers: int, port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens for as long as the context lasts."""
    receiver = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answers.pop(0) if receiver.answers else 204
            if status < 300:
                receiver.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
