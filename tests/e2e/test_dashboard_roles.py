"""The dashboard behind an Entra sign-in: roles decide, and the function key is not needed."""

import base64
import json
import re
from collections.abc import Iterator

import pytest
import requests

from tests.e2e.site import run_site


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address of a local run that trusts the platform's headers."""
    settings = {"LANDFALL__ACCESS__SIGN_IN": "true", "WEBSITE_AUTH_ENABLED": "True"}
    with run_site(tmp_path_factory.mktemp("site"), **settings) as site:
        yield f"{site.stack.app.url}/api/dashboard"


def somebody(*roles: str) -> dict[str, str]:
    """The header that the platform sets for a signed-in person."""
    claims = [{"typ": "roles", "val": role} for role in roles] + [{"typ": "name", "val": "Ada"}]
    return {"x-ms-client-principal": base64.b64encode(json.dumps({"claims": claims}).encode()).decode()}


def test_readers_see_and_operators_act(base: str) -> None:
    """A reader gets pages and no actions, an operator both, and the history keeps the operator's name."""
    reader, operator = somebody("Runs.Read"), somebody("Runs.Operate")
    for path in ("", "/exports", "/lanes"):
        assert requests.get(base + path, headers=reader, timeout=60).status_code == 200
    assert "Run now" not in requests.get(f"{base}/exports", headers=reader, timeout=60).text
    answer = requests.get(f"{base}/exports", headers=operator, timeout=60)
    page = answer.text
    # The host writes an empty `domain=` into cookies: browsers ignore it, and Python's cookie jar drops the cookie.
    cookie = "; ".join(each.partition(";")[0] for each in answer.raw.headers.getlist("Set-Cookie"))
    assert "Run now" in page
    assert "Sign out" not in page
    [token] = re.findall(r'"X-CSRF-Token": "([^"]+)"', page)

    def hold(who: dict[str, str]) -> requests.Response:
        headers = {**who, "X-CSRF-Token": token, "Cookie": cookie}
        return requests.post(f"{base}/lanes/roles/hold", data={"reason": "tried"}, headers=headers, timeout=60)

    assert hold(reader).status_code == 403
    assert hold(operator).status_code == 200
    history = requests.get(f"{base.removesuffix('/dashboard')}/lanes", headers=reader, timeout=60).json()["history"]
    assert [(each["who"], each["what"]) for each in history] == [("Ada", "hold")]


def test_without_a_role_there_is_nothing(base: str) -> None:
    """Pages, files and actions are 404 without a role, and 401 without a sign-in."""
    for path in ("", "/exports", "/lanes", "/runs/imp-1", "/runs/imp-1/files/receipt"):
        assert requests.get(base + path, headers=somebody(), timeout=60).status_code == 404
        assert requests.get(base + path, timeout=60, allow_redirects=False).status_code == 401
    assert requests.post(f"{base}/lanes/roles/hold", headers=somebody(), timeout=60).status_code == 404
