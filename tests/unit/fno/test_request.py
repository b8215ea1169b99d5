"""The one request method: where it sends, and which error each answer and each silence is."""

import inspect
import json
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError, SSLError

from landfall.fno import ExportRequest, FnoClient, errors
from landfall.fno.errors import (
    AuthError,
    ExecutionUnknownError,
    FnoError,
    NoAnswerError,
    NotSentError,
    RefusedError,
    ServerError,
    ThrottledError,
    WrongAddressError,
)
from tests.unit.fno.conftest import ORIGIN, Answer, CountedTokens, Script, Wire

PREFIX = "Exception occurred while executing action GetExecutionSummaryStatus on Entity DataManagementDefinitionGroup: "


def refusal(said: str, **more: Any) -> dict[str, Any]:
    """Return the body of a 400 as F&O writes it."""
    inner = {"message": f"{PREFIX}{said}", "type": "System.InvalidOperationException", **more}
    return {"error": {"code": "", "message": "An error has occurred.", "innererror": inner}}


def beneath(reason: Exception) -> MaxRetryError:
    """Return the reason for a lost connection as urllib3 wraps it."""
    return MaxRetryError(None, "/data", reason)  # type: ignore[arg-type]


def raised(wire: Wire, *answers: Answer | Exception) -> FnoError:
    """Return the error that the client raises for these answers."""
    with pytest.raises(FnoError) as caught:
        wire(*answers).client.status("x")
    return caught.value


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(refusal("The data project exists"), 400), RefusedError),
        (Answer(refusal("Execution details were not found for execution id: x"), 400), ExecutionUnknownError),
        (Answer("", 403), AuthError),
        (Answer({"Message": "No HTTP resource was found"}, 404), WrongAddressError),
        (Answer("", 405), WrongAddressError),
        (Answer("", 408), ServerError),
        (Answer("", 409), RefusedError),
        (Answer("", 415), RefusedError),
        (Answer("", 429), ThrottledError),
        (Answer("<html>", 500), ServerError),
        (Answer(refusal("Deadlock"), 500), ServerError),
        (Answer("", 502), ServerError),
        (Answer("", 503), ServerError),
        (Answer("", 504), ServerError),
        (Answer("", 302, {"Location": "/"}), WrongAddressError),
        (Answer("", 302), WrongAddressError),
        (Answer("", 304), WrongAddressError),
        (Answer("", 307, {"Location": "https://evil.example"}), WrongAddressError),
        (Answer("<html>Sign in</html>"), NoAnswerError),
        (Answer('{"value": "Execu'), NoAnswerError),
        (Answer(b"\xff\xfe\x00"), NoAnswerError),
    ],
)
def test_every_status_is_one_error(wire: Wire, answer: Answer, kind: type[FnoError]) -> None:
    """Each status is one error, by what may be done next."""
    assert type(raised(wire, answer)) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout("t"), NotSentError),
        (requests.ReadTimeout("t"), NoAnswerError),
        (
            requests.ConnectionError(beneath(NewConnectionError(HTTPSConnection("h"), "refused"))),
            NotSentError,
        ),
        (
            requests.ConnectionError(
                beneath(NameResolutionError("h", HTTPSConnection("h"), OSError("no such host")))  # type: ignore[arg-type]
            ),
            NotSentError,
        ),
        (
            requests.exceptions.SSLError(beneath(SSLError(ssl.SSLCertVerificationError("unknown CA")))),
            NotSentError,
        ),
        (requests.exceptions.SSLError(beneath(SSLError(ssl.SSLError("bad record mac")))), NoAnswerError),
        (requests.exceptions.SSLError(beneath(SSLError(ssl.SSLEOFError("EOF in violation")))), NoAnswerError),
        (requests.ConnectionError(ProtocolError("aborted", ConnectionResetError("reset"))), NoAnswerError),
        (requests.exceptions.ChunkedEncodingError("broke off"), NoAnswerError),
        (requests.exceptions.ContentDecodingError("bad gzip"), NoAnswerError),
        (requests.exceptions.ProxyError("proxy"), NoAnswerError),
    ],
)
def test_every_lost_connection_is_one_error(wire: Wire, error: Exception, kind: type[FnoError]) -> None:
    """Only a request that certainly never left is NotSentError."""
    assert type(raised(wire, error)) is kind


def test_every_error_is_of_the_family() -> None:
    """Every error is an FnoError and is described in the module's tree."""
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    assert len(classes) == 11
    assert all(issubclass(each, FnoError) for each in classes)
    assert {each.__name__ for each in classes} <= set(str(errors.__doc__).split())


@given(st.integers(200, 599), st.binary(max_size=60) | st.from_type(dict).map(json.dumps).map(str.encode))
def test_nothing_else_escapes(status: int, body: bytes) -> None:
    """Whatever the status and the body, the client returns or raises one of its own errors."""
    for ask in (
        lambda client: client.status("x"),
        lambda client: client.write_url("x"),
        lambda client: client.entity_results("x"),
        lambda client: client.errors("x"),
        lambda client: client.generate_error_keys("x", "y"),
        lambda client: client.export_package(ExportRequest("x", "y", "z")),
        lambda client: client.export_package(ExportRequest("x", "y", "z", preview_count=1)),
        lambda client: client.project_entities("x"),
        lambda client: client.executions("x"),
        lambda client: client.entity_statuses("x"),
        lambda client: client.entity_sequence(["x"]),
        lambda client: client.message_status("x"),
        lambda client: client.message_execution("x"),
        lambda client: client.reset_version_token("x", "y"),
        lambda client: client.versions(),
        lambda client: client.actions(),
    ):
        with requests.Session() as session:
            session.mount("https://", Script(*[Answer(body, status)] * 4))
            try:
                ask(FnoClient(ORIGIN, CountedTokens(), session=session))
            except FnoError:
                continue


@pytest.mark.parametrize("body", [{"error": "invalid_token"}, {"error": None}, {"error": []}, [], "x", {"error": {}}])
def test_errors_of_another_shape_are_read(wire: Wire, body: Any) -> None:
    """An error in a gateway's format is read, too."""
    assert isinstance(raised(wire, Answer(body, 400)), RefusedError)


def test_the_innermost_message_is_what_fno_said(wire: Wire) -> None:
    """The deepest of F&O's nested messages is shown, without its prefix."""
    body = refusal("outer", internalexception={"message": f"{PREFIX}inner", "internalexception": {"message": ""}})
    error = raised(wire, Answer(body, 400))
    assert isinstance(error, RefusedError)
    assert error.said == "inner"
    assert str(error) == "GetExecutionSummaryStatus for x: F&O refused: inner"


def test_the_activity_id_is_shown(wire: Wire) -> None:
    """The error shows F&O's activity id, which support asks for."""
    error = raised(wire, Answer("", 503, {"ms-dyn-aid": "aid-7"}))
    assert error.activity_id == "aid-7"
    assert str(error).endswith("(F&O activity aid-7)")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 30),
        ("17", 17),
        ("0", 1),
        ("-5", 30),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 1),
        ("Sun, 01 Mar 2026 12:01:30 -0000", 30),
        ("soon", 30),
        ("", 30),
        ("nan", 30),
        ("inf", 30),
        ("1e3", 30),
        ("99999999999", 3600),
        ("9" * 400, 3600),
    ],
)
def test_retry_after_is_seconds_within_bounds(wire: Wire, header: str | None, seconds: float) -> None:
    """Retry-After is read as seconds or a date, is 30 s by default, and is from 1 s to an hour."""
    error = raised(wire, Answer("", 429, {"Retry-After": header} if header is not None else {}))
    assert isinstance(error, ThrottledError)
    assert error.retry_after == seconds


def test_the_token_goes_with_every_request(wire: Wire) -> None:
    """Every request has the bearer token and accepts JSON."""
    wired = wire(Answer({"value": "Executing"}))
    wired.client.status("x")
    headers = wired.script.asked[0].headers
    assert (headers["Authorization"], headers["Accept"]) == ("Bearer t1", "application/json")


def test_a_401_is_answered_with_one_fresh_token(wire: Wire) -> None:
    """After a 401 the request is sent once more with a fresh token."""
    wired = wire(Answer("", 401), Answer({"value": "Executing"}))
    assert wired.client.status("x") == "Executing"
    assert [each.headers["Authorization"] for each in wired.script.asked] == ["Bearer t1", "Bearer t2"]


def test_a_second_401_is_an_error(wire: Wire) -> None:
    """A second 401 is AuthError."""
    wired = wire(Answer("", 401), Answer("", 401))
    with pytest.raises(AuthError, match="audience must be https://contoso"):
        wired.client.status("x")
    assert (len(wired.script.asked), wired.tokens.fresh) == (2, 1)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([Answer({"value": "Executing"})], type(None)),
        ([Answer("", 401), Answer("", 401)], AuthError),
        ([Answer("", 403)], AuthError),
        ([Answer("", 429)], ThrottledError),
        ([Answer("", 302)], WrongAddressError),
        ([requests.ConnectionError("reset")], NoAnswerError),
    ],
)
def test_what_becomes_of_each_request_is_heard_once(wire: Wire, answers: list[Any], kind: type) -> None:
    """`heard` gets the request's error, or None when F&O has answered it, a second try for a new token included."""
    heard: list[tuple[FnoError | None, str]] = []
    with suppress(FnoError):
        wire(*answers, heard=lambda *each: heard.append(each)).client.status("x")
    assert [(type(error), tried) for error, tried in heard] == [(kind, "GetExecutionSummaryStatus for x")]


def test_a_refused_token_is_heard() -> None:
    """`heard` gets the authority's refusal too, although F&O was not asked."""
    heard: list[FnoError | None] = []

    class Refused:
        def get(self, *, fresh: bool = False) -> str:
            raise AuthError(f"no token: {fresh}")

    with requests.Session() as session, pytest.raises(AuthError):
        FnoClient(ORIGIN, Refused(), session=session, heard=lambda error, _: heard.append(error)).status("x")
    assert [str(each) for each in heard] == ["no token: False"]


@pytest.mark.parametrize("place", ["https://evil.example/", "http://contoso.operations.dynamics.com/", f"{ORIGIN}/x"])
def test_redirects_are_not_followed(wire: Wire, place: str) -> None:
    """A redirect means the wrong address and is not followed."""
    wired = wire(Answer("", 302, {"Location": place}))
    with pytest.raises(WrongAddressError, match="Check FNO_URL"):
        wired.client.status("x")
    assert len(wired.script.asked) == 1


def test_cookies_are_not_kept(wire: Wire) -> None:
    """Cookies are not kept, because an affinity cookie would send every call to one server."""
    wired = wire(
        Answer({"value": "Executing"}, headers={"Set-Cookie": "ApplicationGatewayAffinity=a; Path=/"}),
        Answer({"value": "Executing"}),
    )
    wired.client.status("x")
    wired.client.status("x")
    assert "Cookie" not in wired.script.asked[1].headers


def test_the_token_is_in_no_message(wire: Wire) -> None:
    """No error shows the token."""
    assert "t1" not in str(raised(wire, Answer("", 403)))
    assert "t1" not in str(raised(wire, requests.ReadTimeout("t")))


def test_a_netrc_entry_does_not_replace_our_token(wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .netrc entry for F&O's host does not replace the token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine contoso.operations.dynamics.com login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    wired = wire(Answer({"value": "Executing"}))
    wired.client.status("x")
    assert wired.script.asked[0].headers["Authorization"] == "Bearer t1"


def test_a_missing_ca_file_is_named() -> None:
    """A missing CA file is NotSentError and names FNO_CA_BUNDLE."""
    with pytest.raises(NotSentError, match="Check FNO_CA_BUNDLE"):
        FnoClient("https://127.0.0.1:9", CountedTokens(), ca_bundle="/nowhere/ca.pem").status("x")
