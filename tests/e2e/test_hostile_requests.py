"""No request makes the app fail, whatever bytes stand where text belongs."""

import base64
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.e2e.site import Site

BYTES = [b"\xff\xfe", b"\xed\xa0\x80", "ключ".encode(), b"x" * 42 + b"\xff", b"\xff" * 43, b"http://["]
"""Header values that are no text, no ASCII, or no URL; two have as many characters as a token."""
HEADERS = [
    *("Accept", "Authorization", "Content-Type", "Cookie", "HX-Current-URL", "HX-Request", "Host", "Idempotency-Key"),
    *("If-None-Match", "Origin", "Range", "Referer", "Sec-Fetch-Site", "X-CSRF-Token", "X-Landfall-Ticket"),
    *("x-functions-key", "x-ms-client-principal", "x-ms-client-principal-name"),
]
TOKENS: list[object] = [["run", "\ud800"], ["\udfff", "x"], ["run", "\x00"], ["run", "\u20ac"], [1, 2], {}, "x", None]
QUERIES = [
    *(quote(text, safe="%") for text in ("%FF", "%ED%A0%80", "%00", "%zz", "'", "\u20ac", "a" * 1500)),
    *(base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in TOKENS),
    base64.urlsafe_b64encode(b"[" * 700).decode(),
]
BODIES = [
    *(json.dumps({field: "\ud800"}).encode() for field in ("reason", "name", "company", "resolution", "\ud800")),
    *(b"\xff", b"[" * 100_000, b'{"preview": 1e400}', b'{"preview": %s}' % (b"9" * 5000), b'{"reason": "\\u0000"}'),
]
FORMS = [b"reason=%ED%A0%80", b"reason=\xff", b"reason=a&key=" + b"k" * 100_000, b"reason=a&key=%FF", b"reason=%00"]
PAGES = ["", "/exports", "/lanes", "/runs/{id}", "/runs/{id}/files/errors", "/sign-in", "/static/{id}"]
ACTIONS = ["/runs/{id}/attempts", "/runs/{id}/repairs", "/runs/{id}/bulk", "/exports/{id}/runs", "/lanes/{id}/hold"]
ACTIONS += ["/{id}/x/y"]
OPEN_POSTS = ["/tickets/use", "/session", "/tickets", "/sign-out"]
"""The last one ends the session."""
FILTERS = ["next", "file", "company", "name", "status", "period", "v"]
TOKEN = b"x" * 43


@dataclass(frozen=True)
class Target:
    """A route with its method and query parameters."""

    method: str
    path: str
    queries: tuple[str, ...] = ()

    def at(self, name: str) -> str:
        """Its path about something of this name."""
        return re.sub(r"\{\w+\}", name, self.path)


@dataclass(frozen=True)
class Caller:
    """Sends requests byte by byte, because clients refuse to send what these tests are about."""

    url: str
    headers: dict[str, bytes]

    def status(self, target: Target, path: str, body: bytes = b"", **headers: bytes) -> int:
        """The status of the answer to one request."""
        host = urlsplit(self.url).netloc
        own = {"Host": host.encode(), "Connection": b"close", "Content-Length": b"%d" % len(body)}
        sent = {**own, **self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        lines = [f"{target.method} {path} HTTP/1.1".encode(), *(f"{name}: ".encode() + sent[name] for name in sent)]
        with socket.create_connection((urlsplit(self.url).hostname or "", urlsplit(self.url).port or 0), 60) as wire:
            wire.sendall(b"\r\n".join([*lines, b"", body]))
            with wire.makefile("rb") as answer:
                return int(answer.readline().split()[1])


@pytest.fixture
def caller(site: Site) -> Caller:
    """A caller with the function key, a session and the token of its pages."""
    key = site.stack.app.key or ""
    answer = requests.post(f"{site.stack.app.url}/api/dashboard/session", headers={"x-functions-key": key}, timeout=60)
    # From the header, because Python's cookie jar drops cookies with the empty `domain=` that the host writes.
    session = answer.headers["Set-Cookie"].partition(";")[0]
    cookies = f"{session}; landfall_csrf=".encode() + TOKEN
    return Caller(site.stack.app.url, {"x-functions-key": key.encode(), "Cookie": cookies, "X-CSRF-Token": TOKEN})


@pytest.fixture(scope="module")
def targets(site: Site) -> list[Target]:
    """Every route of the API, and the pages and actions of the dashboard."""
    document = site.call("GET", "openapi.json").json()
    found = [Target("GET", f"/api/dashboard{path}", tuple(FILTERS)) for path in PAGES]
    found += [Target("POST", f"/api/dashboard{path}") for path in (*ACTIONS, *OPEN_POSTS)]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            queries = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
            found.append(Target(method.upper(), path, tuple(queries)))
    return found


def failures(statuses: Iterator[tuple[str, int]]) -> list[str]:
    """The requests that the app failed to answer. Health says 503 where it means it."""
    return [what for what, status in statuses if status >= HTTPStatus.INTERNAL_SERVER_ERROR and "health" not in what]


def test_no_header_is_a_failure(caller: Caller, targets: list[Target]) -> None:
    """Any header may hold bytes that are no text, with and without a session."""

    def answers() -> Iterator[tuple[str, int]]:
        for target in targets:
            for name in HEADERS:
                for value in BYTES:
                    yield f"{target} {name} {value!r}", caller.status(target, target.at("imp-x"), **{name: value})
            for value in BYTES:
                cookies = b"landfall_session=" + value + b"; landfall_csrf=" + value
                with_cookies = caller.status(target, target.at("imp-x"), Cookie=cookies, HX_Current_URL=value)
                yield f"{target} cookies {value!r}", with_cookies

    assert failures(answers()) == []


def test_no_query_and_no_name_is_a_failure(caller: Caller, targets: list[Target]) -> None:
    """Neither half a surrogate pair in a page's token nor a path that is no text."""

    def answers() -> Iterator[tuple[str, int]]:
        for target in targets:
            for value in QUERIES:
                for name in target.queries:
                    path = f"{target.at('imp-x')}?{name}={value}"
                    yield f"{target.method} {path}", caller.status(target, path)
                if "{" in target.path:
                    yield f"{target} {value}", caller.status(target, target.at(value))

    assert failures(answers()) == []


@pytest.mark.parametrize("name", ["imp-x", "customer-groups"])
def test_no_body_is_a_failure(caller: Caller, targets: list[Target], name: str) -> None:
    """Neither as JSON nor as a form, whatever its type claims."""
    kinds = [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=\xff", b"text/plain; charset=nope"]

    def answers() -> Iterator[tuple[str, int]]:
        for target in (each for each in targets if each.method == "POST"):
            sent = [(b"application/json", each) for each in BODIES] + [(b"application/zip", b"PK\x03\x04\xff")]
            if "dashboard" in target.path:
                sent = [(kind, each) for kind in kinds for each in FORMS]
            for kind, body in sent:
                status = caller.status(target, target.at(name), body, Content_Type=kind)
                yield f"{target} {kind!r} {body[:60]!r}", status

    assert failures(answers()) == []


def test_a_page_of_an_old_browser_of_another_site_may_do_nothing(caller: Caller) -> None:
    """A session and the right token do not help a page whose Origin is another site."""
    form = {"Content_Type": b"application/x-www-form-urlencoded"}
    hold = Target("POST", "/api/dashboard/lanes/old-browser/hold")
    assert caller.status(hold, hold.path, b"reason=a", Origin=b"https://evil.example", **form) == HTTPStatus.FORBIDDEN
    assert caller.status(hold, hold.path, b"reason=a", Origin=caller.url.encode(), **form) == HTTPStatus.OK
