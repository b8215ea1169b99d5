"""Converts text in files to values of fields, and back (fno-behaviour 3.8)."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from fno_emulator.dmf.errors import ValueRefused
from fno_emulator.dmf.model.catalogue import Field
from fno_emulator.guids import ZERO_GUID

Value = str | int

NO_DATE = "1900-01-01"
_DATE = re.compile(
    r"(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<m2>\d{1,2})/(?P<d2>\d{1,2})/(?P<y2>\d{4}))"
    r"(?:[T ](?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.\d+)?)?\s*(?P<ap>[AaPp][Mm])?Z?)?"
)


def default(field: Field) -> Value:
    """The value of an empty field; X++ has no null (fno-behaviour 5.4)."""
    if field.default:
        return CONVERTERS[field.type](field, field.default)
    empty: dict[str, Value] = {"int": 0, "real": "0", "date": NO_DATE, "datetime": f"{NO_DATE}T00:00:00Z"}
    if field.type == "enum":
        return field.values[0]
    return ZERO_GUID if field.type == "guid" else empty.get(field.type, "")


def parse(field: Field, text: str) -> Value:
    """The field's value for a text, which is the default if the text is empty.

    Raises:
        ValueRefused: the text does not match the field's type or length.
    """
    if not text.strip():
        return default(field)
    return CONVERTERS[field.type](field, text)


def not_filled_in(field: Field) -> tuple[Value | None, ...]:
    """The values that leave a mandatory field not filled in. An enum's first member counts as filled in."""
    return (None,) if field.type == "enum" else (None, default(Field(field.name, field.type)))


def to_text(field: Field, value: Value | None) -> str:
    """The value as text, as exports write it (fno-behaviour 3.7)."""
    if value is None:
        return to_text(field, default(field))
    if field.type == "date":
        return f"{value} 00:00:00"
    if field.type == "datetime":
        return str(value).replace("T", " ").removesuffix("Z")
    return f"{Decimal(value):f}" if field.type == "real" else str(value)


def _string(field: Field, text: str) -> Value:
    text = text.rstrip(" ")
    if field.length and len(text) > field.length:
        raise ValueRefused(
            f"Data for field '{field.label}' is {len(text)} characters long and would be truncated "
            f"to {field.length}. Column has invalid data."
        )
    return text


def _int(field: Field, text: str) -> Value:
    try:
        return int(text)
    except ValueError:
        raise _invalid(field, text) from None


def _real(field: Field, text: str) -> Value:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise _invalid(field, text) from None
    if not number.is_finite():
        raise _invalid(field, text)
    plain = f"{number:f}"
    return (plain.rstrip("0").rstrip(".") or "0") if "." in plain else plain


def _moment(field: Field, text: str) -> datetime:
    match = _DATE.fullmatch(text.strip())
    part = match.groupdict() if match else {}
    try:
        hour = int(part["H"] or 0)
        if part["ap"]:
            hour = hour % 12 + (12 if part["ap"].lower() == "pm" else 0)
        year, month, day = (int(part[one] or part[one + "2"]) for one in "ymd")
        return datetime(year, month, day, hour, int(part["M"] or 0), int(part["S"] or 0), tzinfo=UTC)
    except (ValueError, KeyError):
        raise ValueRefused(f"Invalid date time value '{text}' for field '{field.label}'.") from None


def _date(field: Field, text: str) -> Value:
    moment = _moment(field, text)
    return date(moment.year, moment.month, moment.day).isoformat()


def _datetime(field: Field, text: str) -> Value:
    return _moment(field, text).isoformat().replace("+00:00", "Z")


def _enum(field: Field, text: str) -> Value:
    wanted = text.strip()
    for number, value in enumerate(field.values):
        if value.lower() == wanted.lower() or str(number) == wanted:
            return value
    raise ValueRefused(f"The value '{wanted}' is not valid for field '{field.label}'.")


def _guid(field: Field, text: str) -> Value:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise _invalid(field, text) from None


def _invalid(field: Field, text: str) -> ValueRefused:
    return ValueRefused(f"The value '{text}' is not valid for field '{field.label}'. Column has invalid data.")


CONVERTERS: dict[str, Callable[[Field, str], Value]] = {
    "string": _string,
    "int": _int,
    "real": _real,
    "date": _date,
    "datetime": _datetime,
    "enum": _enum,
    "guid": _guid,
}
