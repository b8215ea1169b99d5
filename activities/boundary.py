"""The last gate before durable history and logs: what leaves the app's code leaves it short and without a secret."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import azure.durable_functions as df

from landfall.config.plan import VanishedError
from landfall.fno.concerns import Concern, concern_of
from landfall.fno.errors import FnoError, NotMovedError, ThrottledError
from landfall.fno.redaction import scrub, shorten
from landfall.records import ComeBack, Finding, Outcome, from_json, to_json
from landfall.services import Services, app_services
from landfall.telemetry import log_for_threads

log = logging.getLogger("landfall")
Do = TypeVar("Do", bound=Callable[..., Any])
"""What an activity does, given the services and one record; it answers a record, a boolean or None."""
Over = Callable[[Finding], object]
"""Makes an activity's answer of the end of its run."""

AWAY_SECONDS = 30.0
"""When to ask again an F&O that does not answer, or answers 5xx."""
LONGEST_LOGGED = 16_000
"""UTF-16 code units of a log record, and of its trace: Application Insights takes 32,768."""


class StepFailedError(Exception):
    """A step could not be done now; trying again may help. The message is all that reaches history."""


def activity(bp: df.Blueprint, takes: type[Any], over: Over | None = None) -> Callable[[Do], Do]:
    """Register a function of the services and one record as an activity; see `run_activity`.

    The function stays as it is, for tests and for other steps. Orchestrations name the activity by it.
    """

    def register(do: Do) -> Do:
        # Any, because the Functions worker refuses to load a parameter annotated with a built-in generic such as
        # dict[str, Any] (azure-functions-durable-python #468). Not `data`, because the Durable extension keeps that
        # name for itself and disables an activity that has it (azure-functions-durable-extension #1062).
        def body(payload: Any) -> Any:
            return run_activity(do, takes, app_services, payload, over)

        bp.activity_trigger(input_name="payload")(_named_like(body, do))
        return do

    return register


def client_activity(bp: df.Blueprint, takes: type[Any]) -> Callable[[Do], Do]:
    """The `activity` of a coroutine function that also takes the durable client."""

    def register(do: Do) -> Do:
        async def body(payload: Any, client: df.DurableOrchestrationClient) -> Any:
            with log_for_threads(), _scrubbed_errors(do.__name__):
                services = await asyncio.to_thread(app_services)
                return _to_scrubbed_json(await do(services, from_json(takes, payload), client))

        bp.activity_trigger(input_name="payload")(bp.durable_client_input(client_name="client")(_named_like(body, do)))
        return do

    return register


def run_activity(
    do: Callable[[Services, Any], object],
    takes: type[Any],
    services: Callable[[], Services],
    payload: Any,
    over: Over | None = None,
) -> Any:
    """Run an activity: JSON in, JSON out, scrubbed and with texts of a bounded length.

    An error keeps its type's name and its scrubbed words, and loses its cause: the trace goes to the log, which is
    scrubbed too, and never to history. When F&O is busy or away, or lets nothing in, the answer is `ComeBack`: the
    orchestration does the long waits. When what the run needs is no longer in landfall.yaml, the answer is the end of
    the run, made by `over`.
    """
    with _scrubbed_errors(do.__name__):
        try:
            return _to_scrubbed_json(do(services(), from_json(takes, payload)))
        except FnoError as error:
            if concern_of(error) == Concern.FILE or isinstance(error, NotMovedError):
                raise
            log.warning("%s: %s", do.__name__, error)
            seconds = error.retry_after if isinstance(error, ThrottledError) else AWAY_SECONDS
            return to_json(ComeBack(seconds, _closed(services(), payload)))
        except VanishedError as vanished:
            if over is None:
                raise
            return _to_scrubbed_json(over(Finding(Outcome.NEEDS_ATTENTION, str(vanished))))


def _closed(services: Services, payload: Any) -> str | None:
    """The environment of the run that a step is about, if an outage has closed it."""
    try:
        environment = services.ledger.get(payload["run_id"]).environment
    except (LookupError, TypeError):
        return None
    circuit = services.ledger.circuits.get(environment)
    return environment if circuit.is_open and not circuit.who else None


async def run_trigger(
    work: Callable[..., Awaitable[object]], *arguments: object, services: Callable[[], Services] = app_services
) -> None:
    """Do a trigger's work with the services. An error reaches the host's log scrubbed."""
    with log_for_threads(), _scrubbed_errors(work.__name__):
        # The first call asks for a token and for tables: in the worker's loop that would hold up everything else.
        await work(await asyncio.to_thread(services), *arguments)


def scrub_logs() -> None:
    """Make every log record of this process a scrubbed one, whoever logs it and at whatever level.

    urllib3 logs whole URLs at DEBUG, and does so for azure-storage-blob too; a filter on our own loggers would
    not see that, so the records are scrubbed where they are made. Traces quote what was said to an error, so a
    record carries its trace as scrubbed text. Of the libraries that log every request at INFO, only warnings are
    logged: they were far more than the app's own lines, and the platform bills them.
    """
    for chatty in ("azure", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    make = logging.getLogRecordFactory()
    if getattr(make, "scrubs", False):
        return

    def scrubbed(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # logging's own answer to arguments that do not fit is not to fail the app
            said = f"{record.msg} {record.args}"
        record.msg, record.args = shorten(scrub(said), LONGEST_LOGGED), None
        if record.exc_info:
            trace = scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_text = shorten(trace, LONGEST_LOGGED)
            record.exc_info = None
        return record

    scrubbed.scrubs = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(scrubbed)


@contextmanager
def _scrubbed_errors(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.exception("%s failed", name)
        raise StepFailedError(shorten(f"{type(error).__name__}: {scrub(str(error))}")) from None


def _named_like(body: Callable[..., Any], do: Callable[..., object]) -> Callable[..., Any]:
    """The body under the function's name. The worker and Durable's codec must see the body's types, not do's."""
    functools.update_wrapper(body, do, ("__module__", "__name__", "__qualname__", "__doc__"), ())
    del body.__wrapped__  # type: ignore[attr-defined]
    return body


def _to_scrubbed_json(answer: object) -> Any:
    return _scrub_json(answer if isinstance(answer, bool | None) else to_json(answer))


def _scrub_json(data: Any) -> Any:
    if isinstance(data, str):
        return shorten(scrub(data))
    if isinstance(data, dict):
        return {key: _scrub_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_scrub_json(value) for value in data]
    return data
