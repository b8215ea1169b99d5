"""`python -m landfall` against a running app."""

import json
import os
import subprocess
import sys
from pathlib import Path

from local.stack import ROOT
from tests.e2e.site import Site, customer_groups
from tests.e2e.test_reruns import needs_group


def landfall(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command line, and check that it prints neither the app's key nor the storage's."""
    key = site.stack.app.key or ""
    settings = {
        "LANDFALL_URL": site.stack.app.url,
        "LANDFALL_KEY": key,
        "LANDFALL_STORAGE": site.stack.storage,
    }
    done = subprocess.run(
        [sys.executable, "-m", "landfall", *arguments],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert key not in done.stdout + done.stderr
    assert "AccountKey" not in done.stdout + done.stderr
    return done


def test_a_file_is_dropped_and_followed(site: Site, tmp_path: Path) -> None:
    """One command uploads a package and ends by its outcome, which show and runs show again."""
    file = tmp_path / "shell.zip"
    file.write_bytes(customer_groups("Shell", ("SH1", "From a shell")))
    dropped = landfall(site, "drop", str(file), "--company", "USMF", "--wait", "--json")
    assert dropped.returncode == 0, dropped.stderr
    run = json.loads(dropped.stdout)
    assert (run["outcome"], run["source"]["name"]) == ("Succeeded", "packages/USMF/shell.zip")

    shown = landfall(site, "show", run["run_id"])
    assert shown.returncode == 0
    assert "Succeeded" in shown.stdout
    assert "Customer groups" in shown.stdout
    listed = json.loads(landfall(site, "runs", "--limit", "50", "--json").stdout)
    assert run["run_id"] in [each["run_id"] for each in listed]
    assert run["run_id"] in landfall(site, "runs", "--limit", "50").stdout


def test_a_failed_file_is_run_again(site: Site, tmp_path: Path) -> None:
    """A failed run can be started again, and one request is one attempt however often it is sent."""
    file = tmp_path / "shell-again.zip"
    file.write_bytes(needs_group("Shell again", "SH-1", "NEVER"))
    dropped = landfall(site, "drop", str(file), "--path", "packages/USMF/shell-again.zip", "--wait", "--json")
    assert dropped.returncode == 1
    run_id = json.loads(dropped.stdout)["run_id"]
    again = landfall(site, "rerun", run_id, "--request", "from-a-shell", "--wait", "--json")
    assert (again.returncode, json.loads(again.stdout)["attempt"]) == (1, 2)
    repeated = landfall(site, "rerun", run_id, "--request", "from-a-shell", "--json")
    assert (repeated.returncode, json.loads(repeated.stdout)["attempt"]) == (0, 2)


def test_wrong_usage_and_refusals(site: Site, tmp_path: Path) -> None:
    """Wrong usage ends with 2, and a refusal of the app ends with 1 and its words."""
    csv = tmp_path / "groups.csv"
    csv.write_text("A\r\n1\r\n")
    assert landfall(site, "drop", str(csv), "--company", "USMF").returncode == 2
    assert landfall(site, "drop", str(tmp_path / "none.zip"), "--company", "USMF").returncode == 2
    missing = landfall(site, "show", "imp-none")
    assert missing.returncode == 1
    assert "imp-none" in missing.stderr


def test_a_success_is_run_again_with_a_reason(site: Site, tmp_path: Path) -> None:
    """A success is run again with --force only; reports are saved as files."""
    file = tmp_path / "shell-force.zip"
    file.write_bytes(customer_groups("Shell force", ("SH2", "Twice")))
    dropped = landfall(site, "drop", str(file), "--company", "USMF", "--wait", "--json")
    run_id = json.loads(dropped.stdout)["run_id"]
    refused = landfall(site, "rerun", run_id)
    assert refused.returncode == 1
    assert "ended Succeeded" in refused.stderr
    assert landfall(site, "rerun", run_id, "--force").returncode == 2
    again = landfall(site, "rerun", run_id, "--force", "--reason", "a test", "--wait", "--json")
    assert (again.returncode, json.loads(again.stdout)["attempt"]) == (0, 2)
    assert landfall(site, "show", run_id, "--save", str(tmp_path / "reports")).returncode == 0
    receipt = json.loads((tmp_path / "reports" / "receipt.json").read_text())
    assert (receipt["run_id"], receipt["attempt"]) == (run_id, 2)


def test_an_export_is_run_now(site: Site) -> None:
    """One request is one run of an export; an unknown name lists the available ones."""
    arguments = ("export", "customer-groups", "--full", "--reason", "a test", "--request", "all-at-once")
    done = landfall(site, *arguments, "--wait", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert (run["export"], run["outcome"]) == ("customer-groups", "Succeeded")
    assert "package" in run["files"]
    assert json.loads(landfall(site, *arguments, "--json").stdout)["run_id"] == run["run_id"]
    unknown = landfall(site, "export", "nope")
    assert unknown.returncode == 1
    assert "Available: customer-groups" in unknown.stderr
