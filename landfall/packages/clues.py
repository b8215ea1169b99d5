"""What F&O's messages say of the rows that they belong to."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from landfall.fno.messages import Message
from landfall.packages.matching import canonical, fold, quotations

_LENGTH = re.compile(
    r"(?P<limit>\b(?:most|than|maximum|exceeds?|limit|up to)\b[^.\d]{0,20})?(?P<number>\d+) character", re.IGNORECASE
)
_DEMAND = re.compile(
    r"must be (?:filled in|specified|entered)|mandatory|required|(?:can ?not|must not) be (?:blank|empty)",
    re.IGNORECASE,
)
_EMPTY = {"", "0"}
"""What F&O takes for not filled in: X++ has no null (fno-behaviour 5.4)."""


class Clue(NamedTuple):
    """Something that a row has: a value, or a value of a length, in a field (in upper case; "" for any field)."""

    field: str
    kind: Literal["value", "length"]
    value: str


class Statement:
    """What a message says; `fields` has the names of staging fields by their folded form."""

    def __init__(self, message: Message, fields: Mapping[str, str]) -> None:
        quoted = quotations(message.text)
        named = {fields[fold(message.field)]} if fold(message.field) in fields else set()
        self.fields = named or {fields[one] for one in quoted.keys() & fields.keys()}
        """The fields that it is about; none when it names none that is known."""
        self._quotes = quoted.keys()
        self._values = {one for one, is_name in quoted.items() if one and not is_name}
        found = [(bool(each["limit"]), int(each["number"])) for each in _LENGTH.finditer(message.text)]
        self._lengths = {number for is_limit, number in found if not is_limit}
        self._limits = {number for is_limit, number in found if is_limit}
        self._demands = bool(_DEMAND.search(message.text))

    def clues(self) -> Iterator[Clue]:
        """What the row has that it belongs to."""
        for field in self.fields or {""}:
            for length in self._lengths:
                yield Clue(field, "length", str(length))
            for value in () if self._lengths else self._values:
                yield Clue(field, "value", value)

    def empty_clues(self) -> Iterator[Clue]:
        """That its field is empty in the row, if it says nothing else of the value."""
        if not self._lengths and len(self._quotes) <= 1:
            yield from (Clue(field, "value", "") for field in self.fields)

    def contradicts(self, row: Mapping[str, str]) -> bool:
        """Whether it cannot be about a row of these values."""
        about = [value for name, value in row.items() if not self.fields or name.upper() in self.fields]
        if self._lengths and not any(self._lengths & lengths(value) for value in about):
            return True
        if self._limits and not any(max(lengths(value)) > min(self._limits) for value in about):
            return True
        if len(self.fields) != 1 or len(about) != 1:
            return False
        value = canonical(about[0])
        if self._demands:
            return value not in _EMPTY
        return bool(self._values and value) and value not in map(canonical, self._quotes)


def clues_of(field: str, value: str) -> Iterator[Clue]:
    """The clues that a row holds by a value of this field, or of any field."""
    yield Clue(field, "value", fold(value))
    if field and canonical(value) in _EMPTY:
        yield Clue(field, "value", "")
    for length in lengths(value):
        yield Clue(field, "length", str(length))


def lengths(value: str) -> set[int]:
    """The lengths that a message may say a value has: in UTF-16 or in characters, with or without space at its end."""
    texts = (value, value.rstrip(" "))
    return {len(text) for text in texts} | {len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts}
