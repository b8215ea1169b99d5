"""checkov, a scanner that knows Azure's usual mistakes, finds none that we have not decided on."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import INFRA

CHECKOV = INFRA.parent / ".local/infra/checkov/bin/checkov"
DECIDED = {
    "CKV_AZURE_13": "takes the settings of Easy Auth for an app without it",
    "CKV_AZURE_17": "Event Grid and people with tokens have no client certificates",
    "CKV_AZURE_35": "a parameter chooses the network, which checkov cannot follow: tests/infra/test_needs.py does",
    "CKV_AZURE_63": "the old web server's log: the host logs requests",
    "CKV_AZURE_65": "the old web server's error pages",
    "CKV_AZURE_66": "the old web server's traces",
    "CKV_AZURE_70": "takes the settings of Easy Auth for an app",
    "CKV_AZURE_78": "Flex Consumption refuses the property; the publishing policy closes FTP",
    "CKV_AZURE_80": "there is no .NET in the app",
    "CKV_AZURE_88": "Flex Consumption has no file share",
    "CKV_AZURE_109": "as CKV_AZURE_35",
    "CKV_AZURE_189": "as CKV_AZURE_35",
    "CKV_AZURE_206": "zone-redundant; copies in another region are for who needs them",
    "CKV_AZURE_212": "Flex Consumption scales by itself",
    "CKV_AZURE_213": "Flex Consumption has no health check of the platform's",
    "CKV_AZURE_222": "people and Event Grid call the app",
    "CKV_AZURE_225": "one instance of a busy app matters less than its price",
}


def scanned(folder: Path) -> Any:
    """What checkov says of a folder's Bicep files."""
    command = [str(CHECKOV), "--directory", str(folder), "--framework", "bicep", "--skip-download"]
    command += ["--output", "json", "--skip-check", ",".join(DECIDED)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(said.stdout)


def test_infra_passes() -> None:
    """Checks ran, every file could be read, and none failed."""
    result = scanned(INFRA)
    failed = [(each["check_id"], each["resource"]) for each in result["results"]["failed_checks"]]
    assert failed == []
    assert result["summary"]["passed"] > 20
    assert result["summary"]["parsing_errors"] == 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false"),
        ("minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'"),
    ],
)
def test_a_planted_mistake_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    """The scan is not blind: it also says nothing at all of a folder where it could read nothing."""
    shutil.copyfile(INFRA / "roles.json", tmp_path / "roles.json")
    text = (INFRA / "host-storage.bicep").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "host-storage.bicep").write_text(text.replace(right, wrong), encoding="utf-8")
    assert scanned(tmp_path)["summary"]["failed"] > 0
