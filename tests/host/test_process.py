"""The host as a process: its command line, its stop, and that user code holds nothing up."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.host.running_host import REPOSITORY, MakeHost, wait_for


def run_host(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a host that is expected to refuse."""
    return subprocess.run(
        [sys.executable, "-m", "local.host", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def app_of(folder: Path, code: str, host_json: str = '{"version": "2.0"}') -> str:
    """Write an app."""
    (folder / "host.json").write_text(host_json, encoding="utf-8")
    (folder / "function_app.py").write_text(code, encoding="utf-8")
    return str(folder)


HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"


@pytest.mark.parametrize(
    ("code", "host_json", "said"),
    [
        (HEAD, '{"version": "2.0",', "host.json, line 1, column 19"),
        ("", '{"version": "2.0"}', "must define exactly one FunctionApp or DFApp"),
        (
            HEAD
            + "@app.event_hub_message_trigger('e', connection='C', event_hub_name='h')\ndef f(e): pass\n",
            '{"version": "2.0"}',
            "Function 'f': this host has no eventHubTrigger binding",
        ),
        (
            HEAD + "@app.timer_trigger('t', schedule='now and then')\ndef f(t): pass\n",
            '{"version": "2.0"}',
            "Function 'f': 'now and then' is no schedule",
        ),
        (
            HEAD + "@app.blob_trigger('b', path='in/{name}', connection='NoSuchSetting')\ndef f(b): pass\n",
            '{"version": "2.0"}',
            "Function 'f': set the app setting 'NoSuchSetting'",
        ),
        (
            HEAD + "@app.route('r')\ndef f(other): pass\n",
            '{"version": "2.0"}',
            "Function 'f' has no parameter 'req'",
        ),
        (
            HEAD + "@app.route('r')\ndef f(req: func.HttpRequest, more: int): pass\n",
            '{"version": "2.0"}',
            "Function 'f': no binding fills its parameter 'more'",
        ),
        (
            HEAD + "@app.route('r')\ndef f(req: func.HttpRequest) -> dict: pass\n",
            '{"version": "2.0"}',
            "Function 'f': it is annotated to return dict",
        ),
        (
            HEAD + "@app.route('r')\ndef f(req: func.TimerRequest): pass\n",
            '{"version": "2.0"}',
            "parameter 'req': a httpTrigger binding cannot be read or written as TimerRequest",
        ),
        (
            HEAD + "@app.route('r')\ndef f(req: 'func.HttpRequest | None'): pass\n",
            '{"version": "2.0"}',
            "name one type",
        ),
        (
            HEAD + "@app.route('{a:colour}')\ndef f(req): pass\n",
            '{"version": "2.0"}',
            "Function 'f': route constraint 'colour'",
        ),
    ],
)
def test_a_wrong_app_is_refused_with_the_place(tmp_path: Path, code: str, host_json: str, said: str) -> None:
    """The message on stderr names the function or file; nothing is printed as ready; the exit code is 2."""
    ended = run_host(app_of(tmp_path, code, host_json), "--port", "0", "--state", str(tmp_path / "state"))
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (ended.returncode, ended.stdout) == (2, "")


def test_an_activity_with_a_reserved_input_name_is_left_out(make_host: MakeHost) -> None:
    """As on Azure, the log names the activity and an orchestration cannot call it; the other functions run."""
    host = make_host("reserved_names")
    listed = json.loads(host.request("GET", "/admin/functions")[1])
    assert [each["name"] for each in listed] == ["free", "call"]
    for name, reserved in (("lower", "data"), ("upper", "DATA"), ("instance", "instanceId")):
        refusal = f"'Functions.{name}': Can't bind parameter '{reserved}' to type 'System.String'"
        assert f"Error indexing method {refusal}" in host.log.read_text()
    outputs = {}
    for name in ("lower", "free"):
        path = "/runtime/webhooks/durabletask/orchestrators/call"
        _, body, _ = host.request("POST", path, {"name": name})
        outputs[name] = host.finished(json.loads(body)["id"])["output"]
    assert outputs["free"] == "done"
    assert "The function 'lower' doesn't exist, is disabled" in outputs["lower"]


def test_a_taken_port_is_an_error(make_host: MakeHost) -> None:
    """A second host on the same port says so and ends."""
    host = make_host("steps")
    port = host.url.rpartition(":")[2]
    ended = run_host(str(host.app), "--port", port, "--state", str(host.state.parent / "other"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "The host cannot start" in ended.stderr


def test_functions_are_listed_first(make_host: MakeHost) -> None:
    """The log begins with the functions, HTTP ones with methods and URL."""
    host = make_host("steps")
    lines = [line.partition("] ")[2] for line in host.log.read_text().splitlines()]
    assert lines[:2] == ["Functions:", f"\tstart: [POST] {host.url}/api/start/{{name}}/{{id}}"]
    assert "\tchain: orchestrationTrigger" in lines


@pytest.mark.slow
def test_a_stop_waits_for_short_steps_and_repeats_long_ones(make_host: MakeHost) -> None:
    """SIGTERM ends the process though a step blocks its thread; the next host runs that step again."""
    host = make_host("steps")
    instance = host.start_instance("noted", {"steps": 1, "seconds": 8})
    wait_for(lambda: host.rows("SELECT count(*) FROM work WHERE owner IS NOT NULL") == [(1,)])
    host.part.stop()
    assert "Stopping." in host.log.read_text()
    host.start()
    assert host.finished(instance)["runtimeStatus"] == "Completed"


def test_blocking_functions_stall_nothing(make_host: MakeHost) -> None:
    """While activities block every one of their threads, and a coroutine function blocks its loop, turns and requests go on."""
    host = make_host(
        "steps", AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions="2"
    )
    blocked = [host.start_instance("noted", {"steps": 1, "seconds": 3}) for _ in range(2)]
    wait_for(lambda: host.rows("SELECT count(*) FROM work WHERE owner IS NOT NULL") == [(2,)])
    quick = [host.start_instance("approval", 0) for _ in range(5)]
    assert [host.finished(each)["output"] for each in quick] == ["too late"] * 5
    assert [host.status(each)["runtimeStatus"] for each in blocked] == ["Running"] * 2


def test_payloads_and_keys_are_not_logged(make_host: MakeHost) -> None:
    """What an orchestration is given, and the keys, are in no log line."""
    host = make_host("steps", "--enable-auth")
    headers = {"x-functions-key": host.key or ""}
    _, body, _ = host.request("POST", "/api/start/retried", {"key": "very-private", "failures": 9}, headers)
    links = json.loads(body)
    wait_for(lambda: b"gave up" in host.request("GET", links["statusQueryGetUri"])[1])
    time.sleep(0.1)
    log = host.log.read_text()
    keys = json.loads((host.state / "keys.json").read_text())
    assert [secret for secret in ["very-private", *keys.values()] if secret in log] == []
