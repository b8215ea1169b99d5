"""What leaves the app's code leaves it without a secret, in a shape that the Functions worker takes."""

import ast
import asyncio
import inspect
import io
import json
import logging
import threading
import traceback
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest
import requests
import urllib3

import activities
from activities.boundary import LONGEST_LOGGED, StepFailedError, activity, run_activity, run_trigger, scrub_logs
from landfall.fno.redaction import LONGEST
from landfall.records import Finding, Outcome, Step
from landfall.services import Services
from tests.unit.fno.test_redaction import SECRETS

SAS, SIGNATURE = SECRETS["SAS"]
RUN = {"run_id": "imp-1"}
NO_SERVICES: Any = None


@dataclass(frozen=True)
class Letter:
    """A result with strings at every depth."""

    text: str
    pages: tuple[str, ...] = ()
    marks: dict[str, str] | None = None
    number: int = 7


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that a root handler at DEBUG writes while log records are scrubbed."""
    factory, root = logging.getLogRecordFactory(), logging.getLogger()
    held = io.StringIO()
    handler, level = logging.StreamHandler(held), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    scrub_logs()
    yield held
    root.removeHandler(handler)
    root.setLevel(level)
    logging.setLogRecordFactory(factory)


def run(do: Callable[[Any, Any], object], payload: Any = RUN) -> Any:
    """What an activity answers that does this; it needs no services."""
    return run_activity(do, Step, lambda: NO_SERVICES, payload)


def test_results_are_plain_json() -> None:
    """A record goes in and out as JSON data."""
    answer = run(
        lambda _, step: Finding(Outcome.FAILED, f"{step.run_id}/{step.attempt}"),
        {"run_id": "imp-1", "attempt": 2},
    )
    assert answer == {"outcome": "Failed", "reason": "imp-1/2"}


@pytest.mark.parametrize("result", [True, False, None])
def test_yes_no_and_nothing_pass(result: bool | None) -> None:  # noqa: FBT001  the case's value
    """Not every step answers with a record."""
    assert run(lambda *_: result) is result


def test_texts_are_short_at_every_depth(written: io.StringIO) -> None:
    """Whatever a file or F&O says, results and errors fit into history, and log records into Application Insights."""
    long = "x" * 1_080_000

    def fails(*_: object) -> None:
        raise ValueError(f"{long} is bad. Correct it.")

    letter = run_activity(lambda *_: Letter(long, (long,), {"a": long}), Step, lambda: NO_SERVICES, RUN)
    texts = [letter["text"], *letter["pages"], *letter["marks"].values()]
    with pytest.raises(StepFailedError) as raised:
        run_activity(fails, Step, lambda: NO_SERVICES, RUN)
    assert all(len(text) <= LONGEST for text in (*texts, str(raised.value)))
    assert str(raised.value).endswith("Correct it.")
    assert len(written.getvalue()) < 3 * LONGEST_LOGGED


def test_results_are_scrubbed_at_every_depth() -> None:
    """A secret in a field, a list or a mapping of a result does not reach history."""
    result = run(lambda *_: Letter(SAS, (SAS, "plain"), {"place": SAS}))
    assert SIGNATURE not in json.dumps(result)
    assert (result["pages"][1], result["number"]) == ("plain", 7)


def test_errors_are_scrubbed_and_lose_their_cause(written: io.StringIO) -> None:
    """Of an error only its kind and its scrubbed words go on, in history and in the log's trace."""

    def fails(*_: object) -> None:
        try:
            raise OSError(f"cannot reach {SAS}")  # noqa: TRY301  a cause is what this test needs
        except OSError as error:
            raise RuntimeError(f"copy to {SAS} failed") from error

    with pytest.raises(StepFailedError) as raised:
        run(fails)
    assert str(raised.value).startswith("RuntimeError: copy to https://acct.blob")
    assert SIGNATURE not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert "cannot reach" in written.getvalue()
    assert SIGNATURE not in written.getvalue()


def test_what_a_trigger_does_not_catch_leaves_scrubbed(written: io.StringIO) -> None:
    """The host logs whatever a trigger raises, words and trace: it gets the kind of error and scrubbed words."""

    async def fails(*_: object) -> None:
        raise OSError(f"cannot reach {SAS}")

    with pytest.raises(StepFailedError) as raised:
        asyncio.run(run_trigger(fails, services=lambda: NO_SERVICES))
    shown = "".join(traceback.format_exception(raised.value))
    assert "OSError: cannot reach https://acct.blob" in shown
    assert SIGNATURE not in shown
    assert SIGNATURE not in written.getvalue()


def test_every_trigger_is_scrubbed() -> None:
    """No trigger of function_app.py awaits its work bare."""
    tree = ast.parse((Path(activities.__path__[0]).parent / "function_app.py").read_text(encoding="utf-8"))
    triggers = [each for each in ast.walk(tree) if isinstance(each, ast.AsyncFunctionDef)]
    assert len(triggers) == 4
    for each in triggers:
        assert ast.unparse(each.body[-1]).startswith("await boundary.run_trigger(")


def test_input_of_another_shape_is_an_error() -> None:
    """A step that is called wrong fails as a step does."""
    with pytest.raises(StepFailedError, match="run_id"):
        run(lambda *_: None, {"run": "imp-1"})


def test_an_activity_keeps_its_name() -> None:
    """The Functions worker binds by the parameter's name; Durable names the activity by the function."""

    def look(services: Services, step: Step) -> Finding:  # noqa: ARG001  as every activity takes them
        """Ask."""
        return Finding(Outcome.FAILED, step.run_id)

    blueprint = df.Blueprint()
    assert activity(blueprint, Step)(look) is look
    (body,) = bodies(blueprint)
    assert list(inspect.signature(body).parameters) == ["payload"]
    assert (body.__name__, body.__doc__) == ("look", "Ask.")


def bodies(blueprint: df.Blueprint) -> list[Any]:
    """What the Functions worker calls for each activity of a blueprint."""
    return [each._function.get_user_function() for each in blueprint._function_builders]


@pytest.mark.parametrize(
    "body", [body for part in activities.PARTS for body in bodies(part.bp)], ids=lambda body: body.__name__
)
def test_the_worker_can_load_every_activity(body: Any) -> None:
    """The Functions worker refuses parameters annotated with a built-in generic such as dict[str, str]."""
    assert typing.get_origin(typing.get_type_hints(body)["payload"]) is None


@pytest.mark.parametrize("kind", SECRETS)
def test_every_logger_is_scrubbed(written: io.StringIO, kind: str) -> None:
    """Whoever logs, at whatever level, with or without arguments."""
    text, secret = SECRETS[kind]
    for name in ("landfall", "azure.core.pipeline", "urllib3.connectionpool", "requests"):
        logging.getLogger(name).debug("said %s to %d", text, 3)
        logging.getLogger(name).error(text)
    assert "to 3" in written.getvalue()
    assert secret not in written.getvalue()


def test_urllib3_at_debug_shows_no_signature(written: io.StringIO) -> None:
    """The library beneath requests and azure-storage logs whole URLs: they come out scrubbed."""
    with pytest.raises(requests.RequestException):
        requests.get("http://127.0.0.1:9/dmf/a.zip", params={"sig": "abc123def"}, timeout=1)
    with pytest.raises(urllib3.exceptions.HTTPError), urllib3.PoolManager() as pool:
        pool.request("GET", "http://127.0.0.1:9/a?sig=abc123def", retries=urllib3.Retry(1))
    assert "/a?sig=REDACTED" in written.getvalue()
    assert "abc123def" not in written.getvalue()


def test_a_trace_is_logged_scrubbed(written: io.StringIO) -> None:
    """The words of an error stand at the end of its trace; they are scrubbed there too."""
    try:
        raise ValueError(SAS)  # noqa: TRY301  a trace is what this test needs
    except ValueError:
        logging.getLogger("landfall").exception("failed")
    assert "Traceback" in written.getvalue()
    assert SIGNATURE not in written.getvalue()


def test_arguments_that_do_not_fit_fail_nobody(written: io.StringIO) -> None:
    """A log call with a wrong format is a blemish, not an outage, and shows no secret either."""
    logging.getLogger("landfall").warning("%d of %d", SAS)  # noqa: PLE1206  the mistake under test
    assert "%d of %d" in written.getvalue()
    assert SIGNATURE not in written.getvalue()


def test_scrubbing_twice_is_scrubbing_once() -> None:
    """Loading the app again does not stack factory on factory."""
    before = logging.getLogRecordFactory()
    try:
        scrub_logs()
        once = logging.getLogRecordFactory()
        scrub_logs()
        assert logging.getLogRecordFactory() is once
    finally:
        logging.setLogRecordFactory(before)


def test_libraries_that_log_each_request_log_warnings_only(written: io.StringIO) -> None:
    """What the platform bills by volume is the app's own lines."""
    for name in ("azure.core.pipeline.policies.http_logging_policy", "azure.identity", "urllib3.connectionpool"):
        logging.getLogger(name).info("a request")
        logging.getLogger(name).warning("a retry")
    logging.getLogger("landfall").info("an event")
    assert written.getvalue().splitlines() == ["a retry"] * 3 + ["an event"]


def test_services_are_made_off_the_loop() -> None:
    """The first trigger of a process asks for tokens and tables; other functions of the worker go on meanwhile."""
    made_in: list[threading.Thread] = []

    def make() -> Services:
        made_in.append(threading.current_thread())
        return NO_SERVICES

    async def work(services: Services) -> None:
        assert services is NO_SERVICES

    asyncio.run(run_trigger(work, services=make))
    assert made_in[0] is not threading.current_thread()
