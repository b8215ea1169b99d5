"""HTTP as the real host speaks it, with what is odd about it."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.conftest import APPS
from tests.host.running_host import MakeHost, RunningHost
from web.imports import MAX_BYTES


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """A host with an app that answers requests."""
    folder: Path = tmp_path_factory.mktemp("http")
    with RunningHost(APPS / "pages", folder / "state") as host:
        yield host


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "DELETE"])
def test_another_method_is_not_found(web: RunningHost, method: str) -> None:
    """It is 404 without Allow and not 405, HEAD and OPTIONS of a route for GET among them."""
    status, body, headers = web.request(method, "/api/only-get")
    assert (status, body, "allow" in headers) == (404, b"", False)


@pytest.mark.parametrize("path", ["/api/only-get", "/API/Only-GET", "/api/only-get/"])
def test_case_and_a_slash_at_the_end_do_not_matter(web: RunningHost, path: str) -> None:
    """A route is found in any letter case, with and without a slash at its end."""
    assert web.request("GET", path)[:2] == (200, b"got")


def test_a_parameter_keeps_its_case(web: RunningHost) -> None:
    """Only the fixed parts of a route have no case."""
    assert web.request("GET", "/API/Echo/AbC/")[1] == b"AbC"


def test_a_large_body_is_an_empty_500(web: RunningHost) -> None:
    """More than 100 MB never reach the function."""
    connection = http.client.HTTPConnection(web.url.removeprefix("http://"), timeout=60)
    connection.request("POST", "/api/any", body=b"x" * (100 * 1024 * 1024 + 1))
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (500, b"")
    connection.close()


def test_the_app_refuses_in_words_what_the_host_would_not(web: RunningHost) -> None:
    """A body that the app refuses for its size reaches the app."""
    assert web.request("POST", "/api/any", "x" * (MAX_BYTES + 1))[0] == 200


def test_long_urls_and_headers_are_refused(web: RunningHost) -> None:
    """A URL over 8 kB is 414, headers over 32 kB are 431."""
    assert web.request("GET", f"/api/only-get?a={'x' * 8000}")[0] == 200
    assert web.request("GET", f"/api/only-get?a={'x' * 8200}")[0] == 414
    assert web.request("GET", "/api/only-get", headers={"X-Long": "x" * 33000})[0] == 431


def test_bodies_come_in_chunks(web: RunningHost) -> None:
    """No answer tells the length of its body in advance."""
    _, body, headers = web.request("GET", "/api/only-get")
    assert (body, headers.get("transfer-encoding"), "content-length" in headers) == (b"got", "chunked", False)


def test_a_cookie_gains_an_empty_domain(web: RunningHost) -> None:
    """Browsers take it for the host's own, and Python's cookie jar drops it."""
    _, _, headers = web.request("GET", "/api/cookies")
    assert "; domain=" in headers["set-cookie"]


def test_ping_needs_no_key(make_host: MakeHost) -> None:
    """Unlike the rest below /admin."""
    host = make_host("steps", "--enable-auth")
    assert host.request("GET", "/admin/host/ping")[0] == 200
    assert host.request("GET", "/admin/host/status")[0] == 401
