"""The last gate before durable history and logs: what leaves the app's code leaves it without a secret."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from landfall.fno.errors import NoAnswerError, NotSentError, ThrottledError
from landfall.fno.redaction import scrub
from landfall.records import ComeBack, from_json, to_json

log = logging.getLogger("landfall")
Done = TypeVar("Done")

AWAY_SECONDS = 30.0
"""When to ask again an F&O that does not answer, or answers 5xx."""


class StepFailedError(Exception):
    """A step could not be done now; trying again may help. The message is all that reaches history."""


def carries(kind: type[Any]) -> Callable[[Callable[[Any], object]], Callable[[Any], Any]]:
    """Make an activity's body from a function of one record: JSON in, JSON out, both scrubbed.

    Errors keep their type's name and their scrubbed words, and lose their cause: the trace goes to the log, which
    is scrubbed too, and never to history. F&O being busy or away is no error but an answer, `ComeBack`: what is
    waited for long is waited for by the orchestration.
    """

    def wrap(do: Callable[[Any], object]) -> Callable[[Any], Any]:
        # Any, because the Functions worker refuses to load a parameter annotated with a built-in generic such as
        # dict[str, Any] (azure-functions-durable-python #468).
        def body(data: Any) -> Any:
            try:
                done = do(from_json(kind, data))
            except ThrottledError as busy:
                return to_json(ComeBack(busy.retry_after))
            except (NoAnswerError, NotSentError) as away:
                log.warning("%s: %s", do.__name__, away)
                return to_json(ComeBack(AWAY_SECONDS))
            except Exception as error:
                log.exception("%s failed", do.__name__)
                raise StepFailedError(f"{type(error).__name__}: {scrub(str(error))}") from None
            return _scrubbed(done if isinstance(done, bool | None) else to_json(done))

        # Names and docstring only: the Functions worker and Durable's codec must see this function's types, not do's.
        functools.update_wrapper(body, do, ("__module__", "__name__", "__qualname__", "__doc__"), ())
        del body.__wrapped__  # type: ignore[attr-defined]
        return body

    return wrap


async def scrubbed(work: Awaitable[Done]) -> Done:
    """What a trigger does: an error that nobody caught reaches the host's log, so it leaves here as a step's does."""
    try:
        return await work
    except Exception as error:
        log.exception("a trigger failed")
        raise StepFailedError(f"{type(error).__name__}: {scrub(str(error))}") from None


def scrub_logs() -> None:
    """Make every log record of this process a scrubbed one, whoever logs it and at whatever level.

    urllib3 logs whole URLs at DEBUG, and does so for azure-storage-blob too; a filter on our own loggers would
    not see that, so the records are scrubbed where they are made. Traces quote what was said to an error, so a
    record carries its trace as scrubbed text.
    """
    make = logging.getLogRecordFactory()
    if getattr(make, "scrubs", False):
        return

    def scrubbed(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            said = record.getMessage()
        except (
            TypeError,
            ValueError,
        ):  # logging's own answer to arguments that do not fit is not to fail the app
            said = f"{record.msg} {record.args}"
        record.msg, record.args = scrub(said), None
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return record

    scrubbed.scrubs = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(scrubbed)


def _scrubbed(data: Any) -> Any:
    if isinstance(data, str):
        return scrub(data)
    if isinstance(data, dict):
        return {key: _scrubbed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_scrubbed(value) for value in data]
    return data
