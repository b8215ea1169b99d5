"""Access by function key, and by the roles of a sign-in."""

import base64
import json
from typing import Any

import pytest

from web.access import KEY_HOLDER, Role, is_cross_site, principal_of
from web.problems import ProblemError

CHECKED = {"WEBSITE_AUTH_ENABLED": "True"}


def headers(*claims: tuple[str, str], **others: str) -> dict[str, str]:
    """The headers that App Service sets for a signed-in person."""
    principal: dict[str, Any] = {
        "auth_typ": "aad",
        "claims": [{"typ": kind, "val": value} for kind, value in claims],
        "role_typ": "roles",
    }
    encoded = base64.b64encode(json.dumps(principal).encode()).decode()
    return {"x-ms-client-principal": encoded, **others}


def test_without_a_sign_in_the_key_decides_and_claims_mean_nothing() -> None:
    """Without a sign-in anybody could send its headers, so they are ignored."""
    forged = headers(("roles", "Runs.Operate"), **{"x-ms-client-principal-name": "the director"})
    assert principal_of(forged, sign_in=False) is KEY_HOLDER
    assert KEY_HOLDER.may(Role.OPERATE)


@pytest.mark.parametrize("environment", [{}, {"WEBSITE_AUTH_ENABLED": "False"}, {"WEBSITE_AUTH_ENABLED": ""}])
def test_nobody_is_believed_where_the_platform_checks_nothing(environment: dict[str, str]) -> None:
    """Without App Service authentication anybody could send the headers, so the app says 503 and why."""
    with pytest.raises(ProblemError, match="App Service authentication is off") as refused:
        principal_of(headers(("roles", "Runs.Operate")), sign_in=True, environment=environment)
    assert refused.value.status == 503


@pytest.mark.parametrize(
    ("granted", "reads", "operates"),
    [
        (["Runs.Read"], True, False),
        (["Runs.Operate"], True, True),
        (["Runs.Read", "Runs.Operate"], True, True),
        (["runs.operate", "Runs", "Runs.Operate2", ""], False, False),
        ([], False, False),
    ],
)
def test_roles_decide(granted: list[str], reads: bool, operates: bool) -> None:  # noqa: FBT001
    """An operator may read too; names that only resemble a role grant nothing."""
    who = principal_of(headers(*(("roles", role) for role in granted)), sign_in=True, environment=CHECKED)
    assert who
    assert (who.may(Role.READ), who.may(Role.OPERATE)) == (reads, operates)


def test_roles_are_found_after_claims_mapping() -> None:
    """The long name of the role claim counts too."""
    long = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
    who = principal_of(headers((long, "Runs.Read")), sign_in=True, environment=CHECKED)
    assert who
    assert who.may(Role.READ)


def test_other_claims_grant_no_role() -> None:
    """A person or group named Runs.Operate has no role by that."""
    who = principal_of(headers(("name", "Runs.Operate"), ("groups", "Runs.Operate")), sign_in=True, environment=CHECKED)
    assert who
    assert not who.roles
    assert who.name == "Runs.Operate"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "%%%",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"[" * 100_000).decode(),
        base64.b64encode(b'{"claims": 1}').decode(),
        "e30=",
        "bnVsbA==",
    ],
)
def test_an_invalid_principal_is_nobody(header: str) -> None:
    """A missing or malformed client principal counts as not signed in."""
    assert principal_of({"x-ms-client-principal": header}, sign_in=True, environment=CHECKED) is None
    assert principal_of({}, sign_in=True, environment=CHECKED) is None


def test_the_name_is_kept_for_the_ledger() -> None:
    """It comes from the platform's header, else from the token's claims."""
    claims = (("appid", "1234"), ("preferred_username", "kim@example.com"))
    by_header = principal_of(
        headers(*claims, **{"x-ms-client-principal-name": "Kim"}), sign_in=True, environment=CHECKED
    )
    by_claim = principal_of(headers(*claims), sign_in=True, environment=CHECKED)
    assert (by_header and by_header.name, by_claim and by_claim.name) == ("Kim", "kim@example.com")
    half = principal_of(headers(("name", "Kim \ud800")), sign_in=True, environment=CHECKED)
    assert half
    assert half.name == "Kim ?"


@pytest.mark.parametrize(
    ("site", "cross"), [("cross-site", True), ("same-site", True), ("same-origin", False), ("none", False)]
)
def test_a_browser_says_where_a_request_comes_from(site: str, cross: bool) -> None:  # noqa: FBT001
    """A sibling domain counts as another site; programs, which do not send the header, do not."""
    assert is_cross_site({"sec-fetch-site": site}) is cross
    assert not is_cross_site({})


@pytest.mark.parametrize(
    ("headers", "cross"),
    [
        ({"origin": "https://evil.example", "host": "app.example"}, True),
        ({"origin": "https://app.example.evil.example", "host": "app.example"}, True),
        ({"origin": "null", "host": "app.example"}, True),
        ({"origin": "http://[", "host": "app.example"}, True),
        ({"origin": "https://app.example"}, True),
        ({"origin": "https://App.example:8443", "host": "app.example:8443"}, False),
        ({"origin": "https://own.example", "host": "app.example", "x-forwarded-host": "own.example"}, False),
        ({"origin": "https://own.example", "host": "app.example", "sec-fetch-site": "same-origin"}, False),
        ({"host": "app.example"}, False),
    ],
)
def test_an_old_browser_says_where_a_change_comes_from(headers: dict[str, str], cross: bool) -> None:  # noqa: FBT001
    """Without Sec-Fetch-Site the page's Origin must be the host that was asked, by its own name or a proxy's."""
    assert is_cross_site(headers) is cross
