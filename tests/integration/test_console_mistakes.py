"""What landfall.fno says when it is called wrongly, or reaches nobody."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from landfall.cli.commands import app as landfall
from landfall.cli.fno.commands import app as landfall_fno
from local.stack import FNO_VARIABLES
from tests.unit.made_packages import package

REFUSED_PORT = "https://127.0.0.1:1"
NOBODY = "https://nobody.invalid"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """The variables of a shell that uses an emulator."""
    with Emulator(settings=Settings()) as running:
        yield {variable: running.ready[name] for name, variable in FNO_VARIABLES.items()}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Return a function that calls landfall.fno in this process."""
    return lambda *arguments, **changes: CliRunner(env=environment | changes).invoke(landfall_fno, list(arguments))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"FNO_CA_BUNDLE": ""}, "Set FNO_CA_BUNDLE to a PEM file"),
        ({"FNO_AUTHORITY": NOBODY}, "DNS has no address for nobody.invalid. Check FNO_AUTHORITY"),
        ({"FNO_AUTHORITY": REFUSED_PORT}, "127.0.0.1:1 takes no connections. Check FNO_AUTHORITY"),
        ({"FNO_AUTHORITY": "nobody.invalid"}, "DNS has no address for nobody.invalid. Check FNO_AUTHORITY"),
    ],
)
def test_an_authority_out_of_reach_is_said_at_once(
    run: Run, tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    """Nothing was started, and the message names the setting; no command tries for minutes."""
    file = tmp_path / "package.zip"
    file.write_bytes(package())
    done = run("import", str(file), "--project", "Test", "--company", "USMF", **settings)
    assert done.exit_code == 1
    assert "nothing was started" in done.stdout
    assert said in done.stdout
    for command in ("status", "watch", "errors"):
        looked = run(command, "an-execution", **settings)
        assert looked.exit_code == 4
        assert said in looked.stdout + looked.stderr


def test_errors_of_an_unknown_execution_are_no_success(run: Run) -> None:
    """F&O's "not found" is no refused row: the command ends as unknown, with a sentence on stderr."""
    done = run("errors", "nobody-knows-it", "--json")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "Execution details were not found" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "https://[::1"],
        ["--url", "https://contoso.example:99999"],
        ["--url", "contoso"],
        ["--ca-bundle", "/no/such/file"],
        ["--ca-bundle", __file__],
        ["--client-secret-file", "/no/such/file"],
        ["--client-secret-file", "/dev/null/x"],
        ["--tenant", "a/b"],
        ["--hours", "soon"],
        ["--frobnicate"],
    ],
)
def test_a_wrong_option_is_wrong_usage(run: Run, arguments: list[str]) -> None:
    """It ends with 2 and a sentence, before anybody is asked, and never with a trace."""
    done = run("watch", "an-execution", *arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)


@pytest.mark.parametrize("app", [landfall, landfall_fno])
def test_every_command_explains_itself(app: Typer) -> None:
    """--help ends with 0, for the group and for each command."""
    names = [[]] + [[str(each.name)] for each in app.registered_commands]
    for name in names:
        assert CliRunner().invoke(app, [*name, "--help"]).exit_code == 0
