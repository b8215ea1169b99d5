"""How values are compared and shown: equal meanings, quotations in messages, invalid characters."""

import re

_QUOTED = re.compile(
    r"(\b(?:field|column|table|entity|feld|spalte|tabelle|champ|campo)\s+)?(?<!\w)'(.*?)'(?!\w)",
    re.DOTALL | re.IGNORECASE,
)
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t]00:00(?::00(?:\.0+)?)?z?)?")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (?:12:00:00 am|0?0:00:00))?")
_DECIMAL = re.compile(r"(-?(?:0|[1-9]\d*))\.(\d*?)0*")
_NO_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_PICTURES = 0x2400
NO_DATE = "1900-01-01"


def quotations(text: str) -> dict[str, bool]:
    """The quotations in a message, folded, and whether each is the name of a field, a table or the like.

    An apostrophe within a word does not end a quotation.
    """
    return {fold(found): bool(before) for before, found in _QUOTED.findall(text)}


def fold(value: str) -> str:
    """A value as F&O compares it: regardless of case, without the space around it."""
    return value.strip().casefold()


def canonical(value: str) -> str:
    """One form for all values that mean the same: F&O formats dates and decimals its own way (fno-behaviour 3.7)."""
    value = fold(value)
    if not value[:1].isdecimal() and value[:1] != "-":
        return value
    if iso := _ISO_DATE.fullmatch(value):
        return _date(iso[1], iso[2], iso[3])
    if us := _US_DATE.fullmatch(value):
        return _date(us[3], us[1], us[2])
    if number := _DECIMAL.fullmatch(value):
        return f"{number[1]}.{number[2]}".rstrip(".")
    return value


def _date(year: str, month: str, day: str) -> str:
    date = f"{year}-{int(month):02}-{int(day):02}"
    return "" if date == NO_DATE else date


def readable(text: str) -> str:
    """Text that can be encoded and is seen whole in a spreadsheet.

    Invalid UTF-8 bytes are read as Windows-1252, lone surrogates become `?`, and control characters their pictures.
    """
    return _NO_CHARACTER.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    if found[0] < " ":
        return chr(_PICTURES + ord(found[0]))
    byte = ord(found[0]) - 0xDC00
    return bytes([byte]).decode("cp1252", "replace") if 0x80 <= byte <= 0xFF else "?"  # noqa: PLR2004  the bytes that ASCII lacks
