"""Keeps SAS signatures, tokens and keys out of everything that is written down."""

import re

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
