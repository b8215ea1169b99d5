"""The command line of landfall.fno against an emulator, without a Functions host or storage of the app."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fno_emulator.premises import ON_PREMISES
from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from landfall.cli.fno.commands import app
from local.stack import FNO_VARIABLES
from samples.build import build
from tests.contract.conftest import Caller, emulator_only
from tests.contract.package_files import Part, package, part

ROOT = Path(__file__).parents[2]
GROUPS = part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test one")
REFUSED = part(
    "Customers V3",
    "CUSTOMERACCOUNT,ORGANIZATIONNAME,CUSTOMERGROUPID,SALESCURRENCYCODE",
    "C-1,Good,10,USD",
    "C-2,,10,USD",
    level=2,
)

Run = Callable[..., Result]


@pytest.fixture
def environment(fno: Caller) -> dict[str, str]:
    """The variables of a shell."""
    emulator_only("imports and exports would change the environment")
    return {variable: fno.ready[name] for name, variable in FNO_VARIABLES.items()}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Return a function that calls the command line in this process and checks that it prints no secret."""

    def call(*arguments: Any, **changes: str | None) -> Result:
        done = CliRunner(env=environment | changes).invoke(app, [str(each) for each in arguments])
        said = done.stdout + done.stderr
        for secret in (environment["FNO_CLIENT_SECRET"], "sig=", "eyJ"):
            assert secret not in said
        return done

    return call


def saved(folder: Path, content: bytes) -> Path:
    """Write a package to a file."""
    file = folder / "package.zip"
    file.write_bytes(content)
    return file


def end(done: Result) -> Any:
    """Return what --json printed, which is all of stdout."""
    return json.loads(done.stdout)


def test_a_sample_is_imported_from_a_shell(environment: dict[str, str], fno: Caller, tmp_path: Path) -> None:
    """One command imports a package, prints the execution's id first and ends with 0."""
    build(tmp_path)
    arguments = ["-m", "landfall.fno", "import", "--project", "Setup", "--company", "USMF"]
    done = subprocess.run(
        [sys.executable, *arguments, tmp_path / "customer-setup.zip", "--json"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert done.stderr.splitlines()[0] == f"Execution {told['execution_id']}"
    assert (told["outcome"], told["status"]) == ("succeeded", "Succeeded")
    assert {each["entity"]: each["created"] for each in told["entities"]}["Customers V3"] == 5
    assert fno.value("GetExecutionSummaryStatus", executionId=told["execution_id"]) == "Succeeded"
    assert environment["FNO_CLIENT_SECRET"] not in done.stdout + done.stderr


def test_refused_rows_end_partly(run: Run, tmp_path: Path) -> None:
    """Refused rows end with 3 and F&O's messages, which `errors` and `status` show again."""
    file = saved(tmp_path, package(GROUPS, REFUSED))
    done = run("import", file, "--project", "Test", "--company", "USMF", "--json")
    assert (done.exit_code, end(done)["outcome"]) == (3, "partly")
    (message,) = end(done)["messages"]
    assert "Field 'Name' must be filled in" in message["text"]
    execution = end(done)["execution_id"]
    assert end(run("errors", execution, "--json")) == [message]
    status = run("status", execution)
    assert status.exit_code == 3
    assert "PARTLY (F&O: PartiallySucceeded)" in status.stdout
    assert "must be filled in" in status.stdout


def test_refused_rows_are_saved(run: Run, tmp_path: Path) -> None:
    """`errors --save` writes the rows that staging refused and the keys of those that the target refused."""
    bad = part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", f"{'9' * 20},Too long", "T1,Test one")
    done = run("import", saved(tmp_path, package(bad, REFUSED)), "--project", "Test", "--company", "USMF", "--json")
    assert done.exit_code == 3
    folder = tmp_path / "refused"
    assert run("errors", end(done)["execution_id"], "--save", folder).exit_code == 0
    assert "Too long" in (folder / "staging-errors-Customer-groups.txt").read_text()
    assert "C-2" in (folder / "error-keys-Customers-V3.txt").read_text()


def test_a_refusal_fails(run: Run, tmp_path: Path) -> None:
    """F&O's refusal ends with 1 and its own words."""
    done = run("export", "--project", "Nowhere", "--company", "USMF", "-o", tmp_path / "out.zip")
    assert done.exit_code == 1
    assert "nothing was started" in done.stdout
    assert "Data project Nowhere does not exist." in done.stdout


def test_a_success_without_rows_fails(run: Run, tmp_path: Path) -> None:
    """An import that loaded no row fails, although F&O calls it Succeeded (fno-behaviour 2.12)."""
    unmapped = package(Part("Customer groups", None, GROUPS.content))
    done = run("import", saved(tmp_path, unmapped), "--project", "Test", "--company", "USMF")
    assert done.exit_code == 1
    assert "staged no row of this package" in done.stdout


def test_a_raw_file_is_no_package(run: Run, tmp_path: Path) -> None:
    """A file that is not a package ends with 2 before F&O is asked, and the error says what to do."""
    raw = tmp_path / "customers.csv"
    raw.write_text("CUSTOMERACCOUNT\r\nC-1\r\n")
    done = run("import", raw, "--project", "Test", "--company", "USMF", FNO_URL="https://127.0.0.1:9")
    assert done.exit_code == 2
    assert "is not a zip" in done.stderr
    assert "landfall drop" in done.stderr
    folder = tmp_path / "folder.zip"
    with zipfile.ZipFile(folder, "w") as archive:
        archive.writestr("inside/Manifest.xml", "")
    done = run("import", folder, "--project", "Test", "--company", "USMF")
    assert done.exit_code == 2
    assert "at its root" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        (["status"], {}),
        (["status", "x"], {"FNO_URL": None}),
        (["status", "x", "--url", "http://contoso.operations.dynamics.com"], {}),
        (["status", "x", "--url", "contoso"], {}),
        (["status", "x"], {"FNO_TENANT": None}),
        (["status", "x", "--client-secret", "word"], {}),
        (["export", "--project", "P", "--company", "USMF"], {}),
        (["export", "--project", "P", "--company", "USMF", "-o", "/nowhere/out.zip"], {}),
        (["export", "--project", "P", "--company", "USMF", "-o", __file__], {}),
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: list[str], changes: dict[str, str | None]) -> None:
    """Missing or wrong arguments and settings end with 2, and so does a secret as an argument."""
    done = run(*arguments, **changes)
    assert done.exit_code == 2
    assert done.stdout == ""


def test_an_unknown_id_is_4(run: Run) -> None:
    """An unknown id ends with 4."""
    done = run("status", "nobody-knows", "--json")
    assert (done.exit_code, end(done)["outcome"]) == (4, "unknown")
    assert "Execution details were not found" in end(done)["reason"]


def test_an_execution_that_runs_too_long_is_4(run: Run, fno: Caller, tmp_path: Path) -> None:
    """An execution that has not ended in time ends with 4 and names the command that continues."""
    fno.control("PATCH", "settings", {"execution_seconds": 2})
    file = saved(tmp_path, package(GROUPS))
    done = run("import", file, "--project", "Test", "--company", "USMF", "--hours", "0")
    assert done.exit_code == 4
    execution = done.stderr.splitlines()[0].removeprefix("Execution ")
    assert f"python -m landfall.fno watch {execution}" in done.stderr
    assert run("watch", execution).exit_code == 0


def test_an_interruption_says_how_to_continue(
    environment: dict[str, str], run: Run, fno: Caller, tmp_path: Path
) -> None:
    """An interruption ends with 4 and prints the command that continues."""
    fno.control("PATCH", "settings", {"execution_seconds": 30})
    output = tmp_path / "out.zip"
    arguments = [
        "-m",
        "landfall.fno",
        "export",
        "--project",
        "Vendors export",
        "--company",
        "USMF",
        "-o",
        output,
    ]
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        execution = process.stderr.readline().strip().removeprefix("Execution ")
        while "Executing" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
    assert process.returncode == 4
    assert f"python -m landfall.fno watch '{execution}' --output {output}" in said
    fno.control("POST", "clock", {"advance": 60})
    assert run("watch", execution, "--output", output).exit_code == 0
    assert zipfile.is_zipfile(output)


def test_a_secret_may_come_from_a_file(run: Run, environment: dict[str, str], tmp_path: Path) -> None:
    """The secret can be read from a file."""
    secret = tmp_path / "secret"
    secret.write_text(environment["FNO_CLIENT_SECRET"] + "\n")
    execution = ["status", "x", "--client-secret-file", secret]
    assert "Execution details were not found" in run(*execution, FNO_CLIENT_SECRET=None).stdout


def test_a_lost_answer_is_checked(run: Run, fno: Caller, tmp_path: Path) -> None:
    """After a lost answer F&O is asked for the id, and nothing is sent twice."""
    fno.control("POST", "faults", {"operation": "ImportFromPackage", "when": "after", "do": {"drop": True}})
    file = saved(tmp_path, package(GROUPS))
    done = run("import", file, "--project", "Test", "--company", "USMF")
    assert done.exit_code == 0, done.stderr
    calls = fno.control("GET", "operations?operation=ImportFromPackage")["operations"]
    assert [each["phase"] for each in calls] == ["start", "end"]


def test_an_export_arrives_whole(run: Run, tmp_path: Path) -> None:
    """The package appears under its name only when it is whole."""
    output = tmp_path / "vendors.zip"
    done = run("export", "--project", "Vendors export", "--company", "USMF", "--output", output, "--json")
    assert (done.exit_code, end(done)["package"]) == (0, str(output))
    with zipfile.ZipFile(output) as archive:
        assert "Vendors V2.csv" in archive.namelist()
    assert list(tmp_path.iterdir()) == [output]


def test_a_broken_download_is_fetched_again(run: Run, fno: Caller, tmp_path: Path) -> None:
    """`watch ID --output` downloads the package of an earlier export (fno-behaviour 6.2)."""
    fault = {"operation": "GetBlob", "when": "before", "do": {"status": 404}}
    fno.control("POST", "faults", fault)
    output = tmp_path / "groups.zip"
    done = run("export", "--project", "Customer groups export", "--company", "USMF", "-o", output, "--json")
    assert (done.exit_code, list(tmp_path.iterdir())) == (4, [])
    again = run("watch", end(done)["execution_id"], "-o", output)
    assert again.exit_code == 0, again.stderr
    assert zipfile.is_zipfile(output)


def test_a_foreign_url_is_not_opened(run: Run, fno: Caller, tmp_path: Path) -> None:
    """A write URL outside Azure Storage is not opened, and the import fails before it starts."""
    place = json.dumps({"BlobId": "{1}", "BlobUrl": "https://evil.example/dmf/a.zip?sig=abc"})
    body = json.dumps({"value": place})
    fault = {"operation": "GetAzureWriteUrl", "when": "before", "do": {"status": 200, "body": body}}
    fno.control("POST", "faults", fault)
    done = run("import", saved(tmp_path, package(GROUPS)), "--project", "Test", "--company", "USMF")
    assert done.exit_code == 1
    assert "evil.example, which is not opened" in done.stdout


@pytest.mark.usefixtures("seeded")
def test_on_premises(tmp_path: Path) -> None:
    """Import and export work on premises: AD FS, /namespaces/AXSF, files by plain PUT and GET."""
    with Emulator(settings=Settings(execution_seconds=0, queue_seconds=0), premises=ON_PREMISES) as emulator:
        settings = {variable: emulator.ready[name] for name, variable in FNO_VARIABLES.items()}
        shell = CliRunner(env=settings)
        file, output = saved(tmp_path, package(GROUPS)), tmp_path / "out.zip"
        done = shell.invoke(app, ["import", str(file), "--project", "Test", "--company", "USMF"])
        assert done.exit_code == 0, done.output
        export = ["export", "--project", "Vendors export", "--company", "USMF", "-o", str(output)]
        done = shell.invoke(app, export)
        assert done.exit_code == 0, done.output
        assert zipfile.is_zipfile(output)
