"""The OpenAPI document is true: whatever schemathesis makes up by it, the running app answers as it says."""

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
"""Made-up requests per route, beside those that schemathesis derives from the document."""
PASSED_BY = "unsupported_method"
"""The one check left out: methods that no route has are answered by the Functions host, 404 here and on Azure."""

REFUSED = """
[[operations]]
include-path-regex = '^/api/exports/'
checks.positive_data_acceptance.expected-statuses = ['2xx', 400, 404, 409]

[[operations]]
include-path-regex = '/repairs$'
checks.positive_data_acceptance.expected-statuses = ['2xx', 404, 409, 422]
"""
"""No schema says which companies an export has, nor which bytes are a package: others are refused as wrong input."""


def answers_as_described(site: Site, folder: Path, settings: str) -> None:
    """Have schemathesis try every route; its report is in the failure."""
    (folder / "schemathesis.toml").write_text(settings + REFUSED, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(folder / "schemathesis.toml"), "run"),
            f"{site.stack.app.url}/api/openapi.json",
            *("--header", f"x-functions-key: {site.stack.app.key}"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES),
            *("--exclude-checks", PASSED_BY, "--continue-on-failure"),
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
    """No failure of the app, no answer that the document does not know; wrong input refused, right input taken."""
    answers_as_described(site, tmp_path, "")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_requests_about_a_run_that_is_there_are_too(site: Site, tmp_path: Path) -> None:
    """The same for a run with rejected rows, which is run again, canceled and repaired on the way."""
    entity = {"entity": "Customers V3", "format": "CSV-Unicode", "rows": CUSTOMERS}
    site.drop("packages/USMF/described.zip", package({"data_project": "Described", "entities": [entity]}))
    run = site.run_of("packages/USMF/described.zip")
    assert "errors" in run["files"]
    about = f"include-path-regex = '^/api/runs/'\nparameters = {{ 'path.id' = '{run['run_id']}' }}"
    answers_as_described(site, tmp_path, f"[[operations]]\n{about}\n")
