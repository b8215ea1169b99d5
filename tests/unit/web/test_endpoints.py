"""What happens before and after every endpoint: access, input checks, and errors that leak nothing."""

import asyncio
import base64
import json
import re
from functools import partial
from http import HTTPStatus
from typing import Any

import azure.functions as func
import pytest

from landfall.ledger.ledger import RunNotFoundError
from web.access import Role, principal_of
from web.endpoints import Call, Endpoint, respond
from web.models import AttemptRequest, Reason, RunsQuery
from web.problems import ProblemError

READ = Endpoint("GET", "things/{id}", {HTTPStatus.OK: [Reason]}, query=RunsQuery)
CHANGE = Endpoint(
    "POST",
    "things/{id}",
    {HTTPStatus.ACCEPTED: [Reason]},
    role=Role.OPERATE,
    body=AttemptRequest,
    repeatable=True,
)


def echo(call: Call) -> Reason:
    """Return the sender, the id and the key."""
    return Reason(reason=f"{call.who.name} {call.id} {call.key}")


def ask(
    declared: Endpoint = READ,
    handle: Any = echo,
    *,
    url: str = "http://app/api/things/one",
    body: bytes = b"",
    sign_in: bool = False,
    **headers: str,
) -> func.HttpResponse:
    """The response to a request about `named`, as the Functions host passes it on."""
    named = headers.pop("named", "one")
    request = func.HttpRequest(
        declared.method,
        url,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        params={},
        route_params={"id": named},
        body=body,
    )
    identify = partial(principal_of, sign_in=sign_in, environment={"WEBSITE_AUTH_ENABLED": "True"})
    return asyncio.run(respond(declared, handle, request, None, identify))


def signed_in(*roles: str) -> dict[str, str]:
    """The headers of a person with these roles."""
    principal = {"claims": [{"typ": "roles", "val": role} for role in roles]}
    return {
        "x_ms_client_principal": base64.b64encode(json.dumps(principal).encode()).decode(),
        "x_ms_client_principal_name": "Kim",
    }


@pytest.mark.parametrize(
    ("declared", "roles", "status"),
    [
        (READ, None, 401),
        (READ, (), 404),
        (READ, ("Runs.Read",), 200),
        (READ, ("Runs.Operate",), 200),
        (CHANGE, None, 401),
        (CHANGE, (), 404),
        (CHANGE, ("Runs.Read",), 403),
        (CHANGE, ("Runs.Operate",), 202),
    ],
)
def test_the_role_decides(declared: Endpoint, roles: tuple[str, ...] | None, status: int) -> None:
    """Without a role everything is 404; a reader who acts gets 403."""
    headers = {} if roles is None else signed_in(*roles)
    assert ask(declared, sign_in=True, **headers).status_code == status


def test_the_handler_gets_the_sender() -> None:
    """It gets the sender's name with the id and the key of the request."""
    answer = ask(CHANGE, sign_in=True, idempotency_key="once", **signed_in("Runs.Operate"))
    assert json.loads(answer.get_body()) == {"reason": "Kim one once"}
    assert json.loads(ask(CHANGE).get_body()) == {"reason": "function key one None"}


def test_an_id_with_a_slash_is_decoded() -> None:
    """An id is the same whether or not the host has decoded it."""
    lane = Endpoint("GET", "lanes/{id}", {HTTPStatus.OK: [Reason]}, named=str)
    assert json.loads(ask(lane, named="Country%2Fregions").get_body())["reason"].split()[2] == "Country/regions"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"", 202),
        ({"content_type": "application/json; charset=utf-8"}, b"{}", 202),
        ({"content_type": "text/plain"}, b"{}", 415),
        ({}, b"{}", 415),
        ({"content_type": "application/json"}, b"{", 400),
        ({"content_type": "application/json"}, b"[]", 400),
        ({"content_type": "application/json"}, b'{"forse": true}', 400),
        ({"content_type": "application/json"}, b"\xff", 400),
        ({"content_type": "application/json"}, b"[" * 100_000, 400),
        ({"content_type": "application/json"}, b'{"reason": "\\ud800"}', 400),
        ({"idempotency_key": "a b"}, b"", 400),
        ({"idempotency_key": "k" * 101}, b"", 400),
        ({"sec_fetch_site": "cross-site"}, b"", 403),
    ],
)
def test_the_body_and_headers_are_checked(headers: dict[str, str], body: bytes, status: int) -> None:
    """Invalid input gets a problem with the right status, before the handler runs."""
    answer = ask(CHANGE, body=body, **headers)
    assert answer.status_code == status
    if status != 202:
        assert answer.mimetype == "application/problem+json"
        assert json.loads(answer.get_body())["status"] == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=5", 200),
        ("code=key&clientId=default", 200),
        ("limit=0", 400),
        ("limit=", 400),
        ("limt=5", 400),
        ("since=2026-03-01T06:00:00Z", 200),
        ("since=2026-03-01T06:00:00", 400),
        ("since=1772344800", 400),
    ],
)
def test_the_query_is_checked(query: str, status: int) -> None:
    """A misspelt filter is an error, not a list of everything; the host's own parameters are ignored."""
    assert ask(url=f"http://app/api/things/one?{query}").status_code == status


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (ProblemError(HTTPStatus.CONFLICT, "later"), 409, "later"),
        (RunNotFoundError("there is no run x"), 404, "There is no run x."),
        (ValueError("AccountKey=secret"), 500, "see the app's log"),
    ],
)
def test_errors_are_problems(error: Exception, status: int, detail: str) -> None:
    """Errors meant for the sender keep their text; unexpected ones show none of theirs."""

    def fail(_: Call) -> Reason:
        raise error

    answer = ask(handle=fail)
    assert answer.status_code == status
    assert detail in json.loads(answer.get_body())["detail"]
    assert b"secret" not in answer.get_body()
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_internal_error_names_its_log_entry(caplog: pytest.LogCaptureFixture) -> None:
    """The reference in the answer is in the log beside the exception."""

    def fail(_: Call) -> Reason:
        raise ValueError("AccountKey=secret")

    detail = json.loads(ask(handle=fail).get_body())["detail"]
    (reference,) = re.findall(r"reference (\w+)", detail)
    (entry,) = caplog.records
    assert reference in entry.getMessage()
    assert entry.exc_info


def test_an_id_of_another_kind_is_not_found() -> None:
    """An id that no run can have is 404."""
    assert ask(named="a b\ud800").status_code == 404
