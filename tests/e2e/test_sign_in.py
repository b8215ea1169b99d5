"""With a sign-in before the app: no key is asked for, and the roles of whoever signed in decide."""

import base64
import json
from collections.abc import Iterator

import pytest
import requests

from local.stack import Stack, run_stack


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app that stands behind a sign-in."""
    settings = {"LANDFALL__ACCESS__SIGN_IN": "true", "EXPORT_SCHEDULE": "0 0 6 1 1 *"}
    with run_stack(tmp_path_factory.mktemp("sign-in"), settings=settings) as stack:
        yield stack


def ask(app: Stack, method: str, path: str, *roles: str, **headers: str) -> requests.Response:
    """A request as it comes from App Service's authentication, for somebody with these roles."""
    told = {
        "auth_typ": "aad",
        "claims": [{"typ": "roles", "val": role} for role in roles],
        "role_typ": "roles",
    }
    signed_in = {
        "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(told).encode()).decode(),
        "X-MS-CLIENT-PRINCIPAL-NAME": "kim@example.com",
    }
    sent = (signed_in if roles else {}) | headers
    return requests.request(method, f"{app.app.url}/api/{path}", headers=sent, timeout=60)


@pytest.mark.slow
def test_roles_decide_and_keys_do_not(app: Stack) -> None:
    """Nobody gets in without a role, not even with the key; who may only read is told what a change needs."""
    key = {"x-functions-key": app.app.key or ""}
    assert ask(app, "GET", "runs", **key).status_code == 401
    assert ask(app, "GET", "runs", "Another.Role").status_code == 404
    assert ask(app, "GET", "runs", "Runs.Read").status_code == 200
    assert ask(app, "POST", "lanes/Signed/hold", "Runs.Read").status_code == 403
    assert ask(app, "POST", "lanes/Signed/hold", "Runs.Operate").status_code == 202
    (action,) = ask(app, "GET", "lanes", "Runs.Operate").json()["history"]
    assert (action["who"], action["what"]) == ("kim@example.com", "hold")


@pytest.mark.slow
def test_the_document_says_how_to_get_in(app: Stack) -> None:
    """By sign-in and nothing else."""
    document = ask(app, "GET", "openapi.json", "Runs.Read").json()
    assert list(document["components"]["securitySchemes"]) == ["signIn"]


@pytest.mark.slow
def test_another_sites_page_cannot_use_the_sign_in(app: Stack) -> None:
    """A browser would send the sign-in's cookie along."""
    answer = ask(app, "POST", "lanes/Signed/release", "Runs.Operate", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
