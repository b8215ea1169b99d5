"""`$filter` as F&O supports it: comparisons, and/or/not, text functions, `eq` with wildcards (fno-behaviour 1.7)."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

Row = dict[str, Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<enum>[A-Za-z_][\w.]*)?'(?P<text>(?:[^']|'')*)'"
    r"|(?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w/]*)|(?P<mark>[(),]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda a, b: b in a,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


class FilterInvalid(ValueError):  # noqa: N818 - F&O calls it invalid
    """An expression is invalid. The message names the position."""


def parse(expression: str) -> Test:
    """A test for rows, which map field names to JSON values.

    Raises:
        FilterInvalid: the expression is not a filter that F&O supports.
    """
    parser = _Parser(expression)
    test = parser.either()
    if parser.kind:
        raise FilterInvalid(f"Syntax error at position {parser.position} in '{expression}'.")
    return test


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression.strip()
        self.position = 0
        self.kind = ""
        self._value = ""
        self._next()

    def either(self) -> Test:
        left = self._both()
        while self._word("or"):
            left = _any_of(left, self._both())
        return left

    def _both(self) -> Test:
        left = self._one()
        while self._word("and"):
            left = _all_of(left, self._one())
        return left

    def _one(self) -> Test:
        if self._word("not"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._mark("("):
            inner = self.either()
            self._expect(")")
            return inner
        if self.kind == "word" and self._value in _FUNCTIONS:
            name = self._take("word")
            self._expect("(")
            return self._function(name)
        name = self._field()
        operator = self._take("word")
        if operator not in _COMPARE:
            raise FilterInvalid(f"The operator '{operator}' is not supported in '{self._expression}'.")
        return _comparison(name, operator, *self._literal())

    def _function(self, name: str) -> Test:
        field = self._field()
        self._expect(",")
        _, text = self._literal()
        self._expect(")")
        return lambda row: _FUNCTIONS[name](str(_value(row, field)).lower(), str(text).lower())

    def _field(self) -> str:
        """A field, which may be inside tolower or toupper, because text compares without case anyway."""
        name = self._take("word")
        if name in ("tolower", "toupper") and self._mark("("):
            name = self._take("word")
            self._expect(")")
        return name

    def _literal(self) -> tuple[str, Any]:
        kind, value = self.kind, self._value
        if kind not in ("text", "moment", "number", "word"):
            raise FilterInvalid(f"A value is missing at position {self.position} in '{self._expression}'.")
        self._next()
        if kind == "word":
            return kind, {"true": True, "false": False, "null": None}.get(value, value)
        return kind, Decimal(value) if kind == "number" else value

    def _word(self, word: str) -> bool:
        if self.kind == "word" and self._value == word:
            self._next()
            return True
        return False

    def _mark(self, mark: str) -> bool:
        if self.kind == "mark" and self._value == mark:
            self._next()
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise FilterInvalid(f"'{mark}' is missing at position {self.position} in '{self._expression}'.")

    def _take(self, kind: str) -> str:
        if self.kind != kind:
            raise FilterInvalid(f"Syntax error at position {self.position} in '{self._expression}'.")
        value = self._value
        self._next()
        return value

    def _next(self) -> None:
        if self.position >= len(self._expression):
            self.kind = ""
            return
        match = _TOKEN.match(self._expression, self.position)
        if match is None:
            raise FilterInvalid(f"Syntax error at position {self.position} in '{self._expression}'.")
        self.position = match.end()
        self.kind = str(match.lastgroup)
        self._value = match[self.kind]
        if self.kind == "text":
            self._value = self._value.replace("''", "'")


def _any_of(left: Test, right: Test) -> Test:
    return lambda row: left(row) or right(row)


def _all_of(left: Test, right: Test) -> Test:
    return lambda row: left(row) and right(row)


def _value(row: Row, name: str) -> Any:
    if name not in row:
        raise FilterInvalid(f"Could not find a property named '{name}'.")
    return row[name]


def _comparison(name: str, operator: str, kind: str, wanted: Any) -> Test:
    compare = _COMPARE[operator]
    if kind == "text" and "*" in str(wanted) and operator in ("eq", "ne"):
        pattern = re.compile(re.escape(str(wanted)).replace(r"\*", ".*"), re.IGNORECASE | re.DOTALL)
        return lambda row: (pattern.fullmatch(str(_value(row, name))) is not None) == (operator == "eq")
    return lambda row: _compare(compare, _value(row, name), kind, wanted)


def _compare(compare: Callable[[Any, Any], bool], value: Any, kind: str, wanted: Any) -> bool:
    if kind == "text":
        return compare(str(value).lower(), str(wanted).lower())
    if kind == "moment":
        return compare(str(value)[: len(wanted)], wanted)
    if kind == "number":
        try:
            return compare(Decimal(str(value)), wanted)
        except InvalidOperation:
            return False
    return compare(value, wanted)
