"""Texts that are stored, shown or logged: without SAS signatures, tokens and keys, and of a bounded length."""

import re
from collections.abc import Iterable

HIDDEN = "REDACTED"
LONGEST = 1_100
"""UTF-16 code units of a text from a file, a manifest or F&O. A path in storage fits, container and all."""
LISTED = 10
"""Names that a sentence lists before it only says how many more there are."""
LONGEST_LISTED = 60

_NAMES = "access_token|refresh_token|id_token|client_secret|client_assertion|AccountKey|SharedAccessSignature"
_SECRETS = (
    # In URLs and forms; also in a URL inside another (%26sig%3D) or in JSON that escapes its ampersands (\u0026sig=).
    re.compile(rf"(?i)((?:\b|%26|%3F|u0026)(?:sig|{_NAMES})(?:=|%3D))[^&\s\"';,<>\\]+"),
    # Function keys, only in a query: elsewhere "code=" is mostly not a secret.
    re.compile(r"(?i)((?:[?&]|%26|%3F|u0026)code(?:=|%3D))[^&\s\"';,<>\\]+"),
    # In JSON, in Python's repr, and in either within a JSON string.
    re.compile(rf"(?i)(\\*[\"'](?:sig|{_NAMES}|x-functions-key)\\*[\"']\s*:\s*\\*[\"'])[^\"'\\]+"),
    re.compile(r"(?i)(\bBearer\s+)(?=\S*\d|\S{20})[A-Za-z0-9._~+/=-]+"),
    re.compile(r"(?i)(\bSharedKey\s+\w+:)[A-Za-z0-9+/=]+"),
    re.compile(r"()\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
)


def scrub(text: str) -> str:
    """Return the text with every signature, token and key replaced by REDACTED."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return text


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return the text, without its middle if it is too long: its start says what is wrong, its end what to do.

    Lengths are in UTF-16 code units, as Azure tables count. Half a surrogate pair, which neither tables nor UTF-8 can
    hold, becomes a question mark.
    """
    units = text.encode("utf-16-le", "replace")
    if len(units) > 2 * longest:
        tail = longest // 3
        start, end = units[: 2 * (longest - tail - 1)], units[len(units) - 2 * tail :]
        return f"{start.decode('utf-16-le', 'ignore')}…{end.decode('utf-16-le', 'ignore')}"
    return units.decode("utf-16-le")


def listed(names: Iterable[str], between: str = ", ", longest: int = LONGEST_LISTED) -> str:
    """Return the first few names, each shortened, and how many more there are."""
    every = list(names)
    first = between.join(shorten(name, longest) for name in every[:LISTED])
    return f"{first} and {len(every) - LISTED:,} more" if len(every) > LISTED else first
