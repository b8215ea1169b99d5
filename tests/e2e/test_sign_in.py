"""The API behind a sign-in: roles decide, and the function key does not."""

import base64
import json
from collections.abc import Iterator

import pytest
import requests

from local.stack import Stack, run_stack


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app behind a sign-in."""
    settings = {"LANDFALL__ACCESS__SIGN_IN": "true", "WEBSITE_AUTH_ENABLED": "True", "EXPORT_SCHEDULE": "0 0 6 1 1 *"}
    with run_stack(tmp_path_factory.mktemp("sign-in"), settings=settings) as stack:
        yield stack


def ask(app: Stack, method: str, path: str, *roles: str, **headers: str) -> requests.Response:
    """A request as App Service authentication passes it on, for a person with these roles."""
    principal = {
        "auth_typ": "aad",
        "claims": [{"typ": "roles", "val": role} for role in roles],
        "role_typ": "roles",
    }
    signed_in = {
        "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(principal).encode()).decode(),
        "X-MS-CLIENT-PRINCIPAL-NAME": "kim@example.com",
    }
    sent = (signed_in if roles else {}) | headers
    return requests.request(method, f"{app.app.url}/api/{path}", headers=sent, timeout=60)


@pytest.mark.slow
def test_roles_decide_and_keys_do_not(app: Stack) -> None:
    """Without a role there is no access, not even with the key; a reader's change is 403."""
    key = {"x-functions-key": app.app.key or ""}
    assert ask(app, "GET", "runs", **key).status_code == 401
    assert ask(app, "GET", "runs", "Another.Role").status_code == 404
    assert ask(app, "GET", "runs", "Runs.Read").status_code == 200
    assert ask(app, "POST", "lanes/Signed/hold", "Runs.Read").status_code == 403
    assert ask(app, "POST", "lanes/Signed/hold", "Runs.Operate").status_code == 202
    (action,) = ask(app, "GET", "lanes", "Runs.Operate").json()["history"]
    assert (action["who"], action["what"]) == ("kim@example.com", "hold")


@pytest.mark.slow
def test_the_document_names_the_sign_in(app: Stack) -> None:
    """The sign-in is the only security scheme."""
    document = ask(app, "GET", "openapi.json", "Runs.Read").json()
    assert list(document["components"]["securitySchemes"]) == ["signIn"]


@pytest.mark.slow
def test_another_sites_page_cannot_use_the_sign_in(app: Stack) -> None:
    """Its requests are refused, because a browser would send the cookie of the sign-in."""
    answer = ask(app, "POST", "lanes/Signed/release", "Runs.Operate", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
