"""Removes SAS signatures, tokens and keys from texts that are stored, shown or logged."""

import re

HIDDEN = "REDACTED"

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
