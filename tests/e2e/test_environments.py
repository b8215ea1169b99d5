"""A person holds an environment and releases it: over HTTP, from a shell, and on the page."""

import subprocess
import sys
from typing import Any

from local.stack import ROOT
from tests.e2e.site import Site, customer_groups


def environment(site: Site) -> dict[str, Any]:
    """The only environment as the API shows it."""
    (found,) = site.call("GET", "environments").json()["environments"]
    return dict(found)


def shell(site: Site, *arguments: str) -> str:
    """What a command prints; its exit code must be 0."""
    settings = {"LANDFALL_URL": site.stack.app.url, "LANDFALL_KEY": site.stack.app.key or "", "PATH": ""}
    command = [sys.executable, "-m", "landfall", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_held_environment_gets_nothing_until_it_is_released(site: Site) -> None:
    """Files are checked and wait with who and why, health stays good, and they go when it is released."""
    assert environment(site)["state"] == "available"
    held = site.call("POST", "environments/fno/hold", {"reason": "upgrade"})
    assert (held.status_code, held.json()["state"]) == (202, "held")
    site.drop("packages/USMF/held.zip", customer_groups("Held", ("H", "x")))

    def waiting() -> dict[str, Any] | None:
        run = site.run_of("packages/USMF/held.zip", done=False)
        return run if run["state"] == "Waiting" and run["reason"] else None

    run = site.wait(waiting, "the wait")
    assert run["reason"].startswith("Someone with the function key has let nothing go to F&O since")
    assert run["reason"].endswith(": upgrade")
    assert (environment(site)["held_by"], environment(site)["waiting"]) == ("Someone with the function key", 1)
    checks = {each["name"]: each for each in site.call("GET", "health").json()["checks"]}
    assert checks["fno_circuit"]["ok"]
    assert "fno: held: upgrade" in shell(site, "environments")
    assert "fno: available" in shell(site, "release", "fno")
    assert site.run_of("packages/USMF/held.zip")["outcome"] == "Succeeded"


def test_what_cannot_be_held_or_released_is_said(site: Site) -> None:
    """An environment that does not exist, and one that nobody holds."""
    assert site.call("POST", "environments/nowhere/hold").status_code == 404
    refused = site.call("POST", "environments/fno/release")
    assert (refused.status_code, "is not held" in refused.json()["detail"]) == (409, True)
    assert "fno: held: night" in shell(site, "hold", "fno", "--reason", "night")
    assert site.call("POST", "environments/fno/release").status_code == 202
