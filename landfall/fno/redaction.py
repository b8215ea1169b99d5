"""Keeps SAS signatures, tokens and keys out of everything that is written down."""

import re

HIDDEN = "REDACTED"

_NAMES = "access_token|refresh_token|id_token|client_secret|client_assertion|AccountKey|SharedAccessSignature"
_SECRETS = (
    # URLs and forms; also a URL inside another one (%26sig%3D) or in JSON that escapes its ampersands (\u0026sig=).
    re.compile(rf"(?i)((?:\b|%26|%3F|u0026)(?:sig|{_NAMES})(?:=|%3D))[^&\s\"';,<>\\]+"),
    # Function keys. Only in a query: "code=" is said of many things that are no secret.
    re.compile(r"(?i)((?:[?&]|%26|%3F|u0026)code(?:=|%3D))[^&\s\"';,<>\\]+"),
    # JSON, Python's way of showing the same, and either within a JSON string.
    re.compile(rf"(?i)(\\*[\"'](?:sig|{_NAMES}|x-functions-key)\\*[\"']\s*:\s*\\*[\"'])[^\"'\\]+"),
    re.compile(r"(?i)(\bBearer\s+)(?=\S*\d|\S{20})[A-Za-z0-9._~+/=-]+"),
    re.compile(r"(?i)(\bSharedKey\s+\w+:)[A-Za-z0-9+/=]+"),
    re.compile(r"()\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
)


def scrub(text: str) -> str:
    """The text with every signature, token and key in it replaced."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return text
