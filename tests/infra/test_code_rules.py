"""bandit and semgrep find nothing in the deployed code but what has been decided on; each of our rules bites."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.prefix) / "bin"
RULES = Path(__file__).parent / "rules.yaml"
DEPLOYED = ["function_app.py", "orchestrations", "activities", "landfall", "web"]
DECIDED = {
    ("B105", "landfall/cli/fno/fno_flags.py"): "a setting's name",
    ("B404", "landfall/cli/azure_cli.py"): "runs az and azd, for a person or a deployment",
    ("B603", "landfall/cli/azure_cli.py"): "a list of arguments, without a shell",
    ("B506", "landfall/config/yaml_source.py"): "a SafeLoader of ours",
    ("B405", "landfall/packages/manifest.py"): "a type only; defusedxml parses",
    ("B405", "landfall/packages/manifest_writing.py"): "writes XML of ours",
    ("B405", "landfall/packages/formats/xml.py"): "an error's type only; defusedxml parses",
    ("B608", "landfall/packages/rejection_sql.py"): "names of columns that the code makes; values are parameters",
    ("B608", "landfall/packages/joining_sql.py"): "composed of constants only",
}
HEAD = "import datetime, os, random, ssl, time, uuid, zipfile\nimport requests, xml.etree.ElementTree\n"
BREACHES = {
    "http-outside-the-clients": [
        ("activities/a.py", "requests.get('https://x', allow_redirects=False)"),
        ("web/a.py", "requests.Session()"),
        ("landfall/fno/a.py", "requests.post('https://x', allow_redirects=False)"),
    ],
    "redirects-followed": [
        ("landfall/notices.py", "requests.post('https://x', timeout=3)"),
        ("landfall/fno/connection.py", "self._session.request('GET', 'https://x', allow_redirects=True)"),
    ],
    "certificates-unchecked": [("landfall/b.py", "f('https://x', verify=False)")],
    "clock-in-orchestrator": [
        ("orchestrations/a.py", "datetime.datetime.now()"),
        ("orchestrations/b.py", "time.time()"),
        ("orchestrations/c.py", "from landfall.records import utc_now\nutc_now()"),
    ],
    "chance-in-orchestrator": [
        ("orchestrations/d.py", "random.random()"),
        ("orchestrations/e.py", "from uuid import uuid4\nuuid4()"),
    ],
    "outside-in-orchestrator": [
        ("orchestrations/f.py", "os.environ['FNO_URL']"),
        ("orchestrations/g.py", "open('a')"),
        ("orchestrations/h.py", "from landfall.services import services\nservices()"),
    ],
    "address-in-activity-result": [
        ("activities/b.py", "def step(place):\n    return Answer(place.url)"),
        ("activities/c.py", "def step(place):\n    return Answer(where=place.blob_url)"),
        (
            "activities/d.py",
            "from dataclasses import dataclass\n\n@dataclass(frozen=True)\nclass Answer:\n    name: str\n    write_url: str\n",
        ),
    ],
    "zip-unpacked": [("landfall/c.py", "zipfile.ZipFile('a').extractall('b')")],
    "xml-undefended": [("landfall/d.py", "xml.etree.ElementTree.fromstring('<a/>')")],
}


def found(folder: Path, *what: str) -> list[tuple[str, str]]:
    """The rules that semgrep finds broken, and where."""
    command = [
        str(BIN / "semgrep"),
        "scan",
        "--config",
        str(RULES),
        "--metrics=off",
        "--disable-version-check",
    ]
    said = subprocess.run(
        [*command, "--json", "--no-git-ignore", *what],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    result: dict[str, Any] = json.loads(said.stdout)
    assert result["errors"] == []
    assert result["paths"]["scanned"]
    return [(each["check_id"].rpartition(".")[2], each["path"]) for each in result["results"]]


def test_the_code_keeps_the_rules() -> None:
    """No breach in what is deployed."""
    assert found(ROOT, *DEPLOYED) == []


def test_each_rule_finds_its_breaches(tmp_path: Path) -> None:
    """Every planted breach is named by its rule, in the folder for which the rule holds; so is no other rule."""
    expected = set()
    for rule, breaches in BREACHES.items():
        for place, code in breaches:
            path = tmp_path / place
            path.parent.mkdir(parents=True, exist_ok=True)
            assert not path.exists(), f"{place} is planted twice"
            path.write_text(f"{HEAD}\n{code}\n", encoding="utf-8")
            expected.add((rule, place))
    assert set(found(tmp_path, ".")) == expected


def test_every_rule_has_a_breach() -> None:
    """A rule that nothing proves is no rule."""
    assert {each["id"] for each in yaml.safe_load(RULES.read_text(encoding="utf-8"))["rules"]} == set(BREACHES)


def bandit(*what: str | Path) -> set[tuple[str, str]]:
    """What bandit finds: its test's id, and the file."""
    command = [str(BIN / "bandit"), "--quiet", "--format", "json", "--recursive", *map(str, what)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    result = json.loads(said.stdout)
    assert result["errors"] == []
    assert result["metrics"]["_totals"]["loc"] > 0
    return {(each["test_id"], each["filename"].removeprefix("./")) for each in result["results"]}


def test_bandit_finds_what_was_decided_and_nothing_else() -> None:
    """A new finding fails, and so does a decision about something that is not there any more."""
    assert bandit(*DEPLOYED) == set(DECIDED)


@pytest.mark.parametrize(("code", "told"), [("eval(input())", "B307"), ("import pickle", "B403")])
def test_bandit_finds_a_planted_breach(tmp_path: Path, code: str, told: str) -> None:
    """The scan is not blind."""
    path = tmp_path / "a.py"
    path.write_text(code, encoding="utf-8")
    assert bandit(path) == {(told, str(path))}
