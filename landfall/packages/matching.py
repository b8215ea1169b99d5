"""How values are compared and shown: equal meanings, quotations in messages, invalid characters."""

import re

_QUOTED = re.compile(r"(?<!\w)'(.*?)'(?!\w)", re.DOTALL)
_ISO_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ t]00:00(?::00(?:\.0+)?)?z?)?")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (?:12:00:00 am|0?0:00:00))?")
_DECIMAL = re.compile(r"(-?(?:0|[1-9]\d*))\.(\d*?)0*")
_NO_CHARACTER = re.compile("[\ud800-\udfff]")
NO_DATE = "1900-01-01"


def quotations(text: str) -> set[str]:
    """The quotations in a message, without regard to case; an apostrophe within a word does not end one."""
    return {fold(found) for found in _QUOTED.findall(text)}


def fold(value: str) -> str:
    """A value as F&O compares it: regardless of case, without the space around it."""
    return value.strip().casefold()


def canonical(value: str) -> str:
    """One form for all values that mean the same: F&O formats dates and decimals its own way (fno-behaviour 3.7)."""
    value = fold(value)
    if not value[:1].isdecimal() and value[:1] != "-":
        return value
    if iso := _ISO_DATE.fullmatch(value):
        return "" if iso[1] == NO_DATE else iso[1]
    if date := _US_DATE.fullmatch(value):
        return f"{date[3]}-{int(date[1]):02}-{int(date[2]):02}"
    if number := _DECIMAL.fullmatch(value):
        return f"{number[1]}.{number[2]}".rstrip(".")
    return value


def readable(text: str) -> str:
    """Text that can be encoded: invalid UTF-8 bytes are read as Windows-1252, and lone surrogates become `?`."""
    return _NO_CHARACTER.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    byte = ord(found[0]) - 0xDC00
    return bytes([byte]).decode("cp1252", "replace") if 0x80 <= byte <= 0xFF else "?"  # noqa: PLR2004  the bytes that ASCII lacks
