"""Keeps SAS signatures, tokens and keys out of everything that is written down: texts, errors, log records."""

import logging
import re
from typing import Any

HIDDEN = "REDACTED"

_SECRETS = (
    re.compile(
        r"(?i)(\b(?:sig|code|access_token|client_secret|client_assertion|AccountKey|SharedAccessSignature)=)[^&\s\"';,<>]+"
    ),
    re.compile(r"(?i)(\"(?:access_token|client_secret|sig)\"\s*:\s*\")[^\"]+"),
    re.compile(r"(?i)(\bBearer\s+)[A-Za-z0-9._~+/=-]+"),
    re.compile(r"()\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
)


def scrub(text: str) -> str:
    """The text with every signature, token and key in it replaced."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return text


def scrub_logs() -> None:
    """Make every log record of this process a scrubbed one, whoever logs it and at whatever level.

    urllib3 logs whole URLs at DEBUG, and does so for azure-storage-blob too; a filter on our own loggers would
    not see that, so the records are scrubbed where they are made.
    """
    make = logging.getLogRecordFactory()
    if getattr(make, "scrubs", False):
        return

    def scrubbed(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.msg, record.args = scrub(record.getMessage()), None
        return record

    scrubbed.scrubs = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(scrubbed)
