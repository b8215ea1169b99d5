"""The OpenAPI document is true: the app answers the requests of schemathesis as the document says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import ROOT
from samples.build import package
from tests.e2e.site import Site
from tests.e2e.test_repairs import CUSTOMERS

EXAMPLES = "10"
"""Random requests per route, beside those that schemathesis derives from the document."""
SKIPPED = "unsupported_method"
"""The only check left out: the Functions host itself answers methods that a route does not have, with 404."""

REFUSED = """
[[operations]]
include-path-regex = '^/api/exports/'
checks.positive_data_acceptance.expected-statuses = ['2xx', 400, 404, 409]

[[operations]]
include-path-regex = '/bulk$'
checks.positive_data_acceptance.expected-statuses = ['2xx', 400, 404, 409]

[[operations]]
include-path-regex = '/repairs$'
checks.positive_data_acceptance.expected-statuses = ['2xx', 404, 409, 422]
"""
"""No schema says which companies an export has, which fields exclude each other or which bytes are a package."""


def answers_as_described(site: Site, folder: Path, settings: str) -> None:
    """Run schemathesis against every route; a failure holds its report."""
    (folder / "schemathesis.toml").write_text(settings + REFUSED, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(folder / "schemathesis.toml"), "run"),
            f"{site.stack.app.url}/api/openapi.json",
            *("--header", f"x-functions-key: {site.stack.app.key}"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES),
            *("--exclude-checks", SKIPPED, "--continue-on-failure"),
            *("--generation-deterministic", "--no-color"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.e2e.openapi_hooks"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_made_up_requests_are_answered_as_described(site: Site, tmp_path: Path) -> None:
    """No random request makes the app fail or answer in a way that the document does not describe."""
    answers_as_described(site, tmp_path, "")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_requests_about_a_real_run_are_too(site: Site, tmp_path: Path) -> None:
    """This holds for a run with rejected rows, which the requests run again, cancel and repair."""
    entity = {"entity": "Customers V3", "format": "CSV-Unicode", "rows": CUSTOMERS}
    site.drop("packages/USMF/described.zip", package({"data_project": "Described", "entities": [entity]}))
    run = site.run_of("packages/USMF/described.zip")
    assert "errors" in run["files"]
    about = f"include-path-regex = '^/api/runs/'\nparameters = {{ 'path.id' = '{run['run_id']}' }}"
    answers_as_described(site, tmp_path, f"[[operations]]\n{about}\n")
