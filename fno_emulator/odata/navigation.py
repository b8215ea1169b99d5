"""`$expand`: navigation properties lead from a record to related records, one level deep (fno-behaviour 1.15)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.model.catalogue import Catalogue, Entity
from fno_emulator.odata import rows
from fno_emulator.odata.companions import COMPANIONS
from fno_emulator.odata.filtering import FilterInvalid

_ITEM = re.compile(r"\s*(?P<name>\w+)\s*(?:\((?P<options>(?:[^()']|'[^']*'|\([^()]*\))*)\))?\s*(?:,|$)")
_NESTED = {"$select", "$filter", "$orderby", "$top", "$skip"}
Shape = Callable[[list[rows.Row], dict[str, str]], list[rows.Row]]
"""Applies query options to related records."""


@dataclass(frozen=True)
class Navigation:
    """One navigation property. `pairs` are a record's properties, each with the equal property of related records."""

    name: str
    collection: str
    public_name: str
    pairs: tuple[tuple[str, str], ...]
    many: bool


def of(catalogue: Catalogue, collection: str) -> tuple[Navigation, ...]:
    """A set's navigation properties: to referenced records, composite lines, and the Details of projects and jobs."""
    if collection in COMPANIONS:
        found = COMPANIONS[collection].details
        if not found:
            return ()
        related, pairs = found
        return (Navigation("Details", related, COMPANIONS[related].public_name, pairs, many=True),)
    entity = catalogue.by_collection(collection)
    return (*_references(catalogue, entity), *_lines(catalogue, entity)) if entity else ()


def expand(
    environment: Environment, collection: str, found: list[rows.Row], expression: str, shape: Shape
) -> list[rows.Row]:
    """The records, with their related records under the names of the navigation properties.

    Raises:
        FilterInvalid: the expression is invalid, deeper than one level, or names an unknown property.
    """
    navigations = {one.name: one for one in of(environment.catalogue, collection)}
    for name, options in parse(expression).items():
        if name not in navigations:
            raise FilterInvalid(f"Could not find a property named '{name}' on the type behind '{collection}'.")
        found = _expand(environment, navigations[name], found, options, shape)
    return found


def parse(expression: str) -> dict[str, dict[str, str]]:
    """The names of navigation properties, with the query options in their parentheses.

    Raises:
        FilterInvalid: the expression is invalid or deeper than one level.
    """
    found: dict[str, dict[str, str]] = {}
    position = 0
    while position < len(expression):
        match = _ITEM.match(expression, position)
        if match is None:
            raise FilterInvalid(f"$expand goes one level deep; '{expression}' cannot be read.")
        pairs = (one.partition("=") for one in (match["options"] or "").split(";") if one)
        found[match["name"]] = {name.strip(): value for name, _, value in pairs}
        if unknown := found[match["name"]].keys() - _NESTED:
            raise FilterInvalid(f"$expand goes one level deep and takes no {', '.join(sorted(unknown))}.")
        position = match.end()
    return found


def _references(catalogue: Catalogue, entity: Entity) -> list[Navigation]:
    found = []
    for one in entity.fields:
        related = catalogue.by_label(one.references)
        if related:
            company = () if related.shared else (("dataAreaId", "dataAreaId"),)
            pairs = (*company, (one.name, related.key[0]))
            name = one.navigation or related.public_name
            found.append(Navigation(name, related.collection, related.public_name, pairs, many=False))
    return found


def _lines(catalogue: Catalogue, entity: Entity) -> list[Navigation]:
    pairs = (("dataAreaId", "dataAreaId"), *((name, name) for name in entity.key))
    return [
        Navigation(line.collection, line.collection, line.public_name, pairs, many=True)
        for composite in catalogue.composites
        if composite.members[0] == entity
        for line in composite.members[1:]
    ]


def _expand(
    environment: Environment, navigation: Navigation, found: list[rows.Row], options: dict[str, str], shape: Shape
) -> list[rows.Row]:
    """Add the related records of one navigation property. Reads the related set once."""
    own, theirs = ([pair[side] for pair in navigation.pairs] for side in (0, 1))
    related: dict[tuple[str, ...], list[rows.Row]] = {_key(row, own): [] for row in found}
    for row in rows.of(environment, navigation.collection):
        if (key := _key(row, theirs)) in related:
            related[key].append(row)
    shaped = {key: shape(values, options) for key, values in related.items()}
    return [{**row, navigation.name: _value(navigation, shaped[_key(row, own)])} for row in found]


def _value(navigation: Navigation, related: list[rows.Row]) -> Any:
    if navigation.many:
        return related
    return related[0] if related else None


def _key(row: rows.Row, names: list[str]) -> tuple[str, ...]:
    return tuple(str(row[one]).lower() for one in names)
