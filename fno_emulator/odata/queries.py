"""Reads sets with query options (fno-behaviour 1.6, 1.7)."""

import sys
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from fno_emulator.dmf.environment import Environment
from fno_emulator.odata import navigation, rows
from fno_emulator.odata.companions import COMPANIONS
from fno_emulator.odata.filtering import FilterInvalid, parse


def read(environment: Environment, collection: str, options: dict[str, str], page: int) -> dict[str, Any]:
    """A set's rows as `apply` returns them.

    Raises:
        NoSuchSet: there is no such set.
        FilterInvalid: an option is invalid.
    """
    everywhere = options.get("cross-company", "").lower() == "true"
    found = rows.of(environment, collection, everywhere=everywhere)
    return apply(found, options, page, lambda chosen: _expand(environment, collection, chosen, options))


def companion(
    environment: Environment, collection: str, key: dict[str, str], options: dict[str, str]
) -> rows.Row | None:
    """The record of one of the framework's sets with that key, whose name may be "" if it has one property; or None.

    Raises:
        FilterInvalid: an option is invalid.
    """
    names = COMPANIONS[collection].key
    wanted = {name or names[0]: value.lower() for name, value in key.items()}
    if wanted.keys() != set(names):
        return None
    for row in rows.SETS[collection](environment):
        if all(str(row[name]).lower() == value for name, value in wanted.items()):
            return one(environment, collection, row, options)
    return None


def one(environment: Environment, collection: str, row: rows.Row, options: dict[str, str]) -> rows.Row:
    """A single record after $expand and $select.

    Raises:
        FilterInvalid: an option is invalid.
    """
    return _select(_expand(environment, collection, [row], options), options)[0]


def apply(
    found: Iterable[rows.Row],
    options: dict[str, str],
    page: int,
    related: Callable[[list[rows.Row]], list[rows.Row]] = list,
) -> dict[str, Any]:
    """The answer's `value`, its `@odata.count` if requested, and the `skip` of the next page if there is one.

    The function holds one page in memory, or all rows if $orderby is used. `related` adds related records to a page.

    Raises:
        FilterInvalid: an option is invalid.
    """
    if expression := options.get("$filter"):
        found = filter(parse(expression), found)
    orders = [one.strip() for one in options.get("$orderby", "").split(",") if one.strip()]
    if orders:
        found = list(found)
        for part in reversed(orders):
            name, _, direction = part.partition(" ")
            found.sort(key=_sort_key(name), reverse=direction.strip() == "desc")
    first, done = _number(options, "$skip", 0), _number(options, "$skiptoken", 0)
    wanted = _number(options, "$top", sys.maxsize)
    rest = iter(found)
    before = sum(1 for _ in islice(rest, first + done))
    chosen = list(islice(rest, max(0, min(page, wanted - done))))
    more = sum(1 for _ in (rest if options.get("$count") == "true" else islice(rest, 1)))
    answer: dict[str, Any] = {}
    if options.get("$count") == "true":
        answer["@odata.count"] = before + len(chosen) + more
    if more and done + page < wanted:
        answer["skip"] = done + page
    return {**answer, "value": _select(related(chosen), options)}


def _expand(
    environment: Environment, collection: str, chosen: list[rows.Row], options: dict[str, str]
) -> list[rows.Row]:
    expression = options.get("$expand", "")

    def shape(found: list[rows.Row], nested: dict[str, str]) -> list[rows.Row]:
        shaped: list[rows.Row] = apply(found, nested, sys.maxsize)["value"]
        return shaped

    return navigation.expand(environment, collection, chosen, expression, shape)


def _select(chosen: list[rows.Row], options: dict[str, str]) -> list[rows.Row]:
    names = options.get("$select")
    if not names:
        return chosen
    kept = {"@odata.etag", *(one.strip() for one in names.split(","))}
    kept |= navigation.parse(options.get("$expand", "")).keys()
    return [{name: value for name, value in row.items() if name in kept} for row in chosen]


def _sort_key(name: str) -> Callable[[rows.Row], Any]:
    def key(row: rows.Row) -> Any:
        if name not in row:
            raise FilterInvalid(f"Could not find a property named '{name}'.")
        value = row[name]
        return value.lower() if isinstance(value, str) else value

    return key


def _number(options: dict[str, str], name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not text.isdigit():
        raise FilterInvalid(f"Invalid value '{text}' for {name} query option found.")
    return int(text)
