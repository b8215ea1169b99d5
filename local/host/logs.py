"""Writes logs to stderr in the format of `func`, without the parts of URLs that may hold secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}
# A URL's query can hold SAS signatures and function keys.
_QUERY = re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]*")


class FuncFormatter(logging.Formatter):
    """Formats records as `[2026-01-31T10:00:00.000Z] message`, with tracebacks and without the queries of URLs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one record."""
        stamp = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return f"[{stamp}Z] {without_queries(super().format(record))}"


def without_queries(text: str) -> str:
    """Return a text without the query of any URL in it."""
    return _QUERY.sub(r"\1?…", text)


def set_up_logs(levels: dict[str, str], keeps: Callable[[logging.LogRecord], bool]) -> None:
    """Send the logs that `keeps` takes to stderr at the levels in host.json's `logging.logLevel`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FuncFormatter("%(message)s"))
    handler.addFilter(keeps)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    default = levels.get("default", "Information")
    # The app's loggers have names of their own; on Azure their category is Function.<name>.User.
    root.setLevel(LEVELS.get(levels.get("Function.*.User", default).lower(), logging.INFO))
    logging.getLogger("Host").setLevel(LEVELS.get(default.lower(), logging.INFO))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)  # logs every request at INFO
    for name, level in levels.items():
        if name != "default" and level.lower() in LEVELS:
            logging.getLogger(name).setLevel(LEVELS[level.lower()])
