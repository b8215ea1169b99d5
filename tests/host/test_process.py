"""The host as a process: its command line, its errors, its log and its stop."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.host.running_host import REPOSITORY, MakeHost, wait_for


def run_host(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a host that is expected to stop with an error."""
    return subprocess.run(
        [sys.executable, "-m", "local.host", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refusal(folder: Path, code: str, host_json: str = '{"version": "2.0"}') -> str:
    """Run a host with an app that it must refuse; the error."""
    (folder / "host.json").write_text(host_json, encoding="utf-8")
    (folder / "function_app.py").write_text(code, encoding="utf-8")
    ended = run_host(str(folder), "--port", "0", "--state", str(folder / "state"))
    assert "Traceback" not in ended.stderr
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr


HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("@app.route('r')\ndef f(other): pass", "has a binding named 'req', but no parameter of that name"),
        (
            "@app.route('r')\ndef f(req: func.HttpRequest, more: int): pass",
            "no binding fills its parameter 'more'",
        ),
        ("@app.route('r')\ndef f(req: 'func.HttpRequest | None'): pass", "Use one type"),
        ("@app.route('{a:colour}')\ndef f(req): pass", "does not support the route constraint 'colour'"),
        (
            "@app.route('r')\ndef f(req: func.HttpRequest) -> dict: pass",
            "does not support the return type dict",
        ),
        (
            "@app.route('r')\ndef f(req: func.TimerRequest): pass",
            "parameter 'req': a httpTrigger binding does not support the type TimerRequest",
        ),
        (
            "@app.event_hub_message_trigger('e', connection='C', event_hub_name='h')\ndef f(e): pass",
            "this host has no eventHubTrigger binding",
        ),
        (
            "@app.blob_trigger('b', path='in/{name}', connection='NoSuchSetting')\ndef f(b): pass",
            "set the app setting 'NoSuchSetting'",
        ),
    ],
)
def test_a_function_with_a_mistake_is_refused(tmp_path: Path, code: str, message: str) -> None:
    """The error on stderr names the function, stdout stays empty, and the exit code is 2."""
    error = refusal(tmp_path, HEAD + code)
    assert message in error
    assert "Function 'f'" in error


@pytest.mark.parametrize(
    ("code", "host_json", "message"),
    [
        (HEAD, '{"version": "2.0",', "host.json, line 1, column 19"),
        ("", '{"version": "2.0"}', "must define exactly one FunctionApp or DFApp"),
    ],
)
def test_an_app_with_a_mistake_is_refused(tmp_path: Path, code: str, host_json: str, message: str) -> None:
    """The error on stderr names the file, stdout stays empty, and the exit code is 2."""
    assert message in refusal(tmp_path, code, host_json)


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
        outputs[name] = host.wait_for_end(json.loads(body)["id"])["output"]
    assert outputs["free"] == "done"
    assert "The function 'lower' doesn't exist, is disabled" in outputs["lower"]


def test_a_taken_port_is_an_error(make_host: MakeHost) -> None:
    """A second host on the same port exits with an error."""
    host = make_host("steps")
    port = host.url.rpartition(":")[2]
    ended = run_host(str(host.app), "--port", port, "--state", str(host.state.parent / "other"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "The host cannot start" in ended.stderr


def test_functions_are_listed_first(make_host: MakeHost) -> None:
    """The log starts with the functions; HTTP functions have their methods and URL."""
    host = make_host("steps")
    lines = [line.partition("] ")[2] for line in host.log.read_text().splitlines()]
    assert lines[:2] == ["Functions:", f"\tstart: [POST] {host.url}/api/start/{{name}}/{{id}}"]
    assert "\tchain: orchestrationTrigger" in lines


@pytest.mark.slow
def test_a_stop_waits_for_short_steps_and_repeats_long_ones(make_host: MakeHost) -> None:
    """SIGTERM ends the process although a step blocks its thread, and the next host runs that step again."""
    host = make_host("steps")
    instance = host.start_instance("take_notes", {"steps": 1, "seconds": 8})
    wait_for(lambda: host.rows("SELECT count(*) FROM work WHERE owner IS NOT NULL") == [(1,)])
    host.part.stop()
    assert "Stopping." in host.log.read_text()
    host.start()
    assert host.wait_for_end(instance)["runtimeStatus"] == "Completed"


def test_payloads_and_keys_are_not_logged(make_host: MakeHost) -> None:
    """No log line holds an orchestration's input or a key."""
    host = make_host("steps", "--enable-auth")
    headers = {"x-functions-key": host.key or ""}
    _, body, _ = host.request("POST", "/api/start/retried", {"key": "very-private", "failures": 9}, headers)
    links = json.loads(body)
    wait_for(lambda: b"gave up" in host.request("GET", links["statusQueryGetUri"])[1])
    time.sleep(0.1)
    log = host.log.read_text()
    keys = json.loads((host.state / "keys.json").read_text())
    assert [secret for secret in ["very-private", *keys.values()] if secret in log] == []
