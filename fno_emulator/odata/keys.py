"""Entity keys in URLs: `(dataAreaId='usmf',CustomerAccount='US-001')`, or `('USD')` for a key of one field."""

import re
from typing import Any
from urllib.parse import quote

from fno_emulator.dmf.model.catalogue import Entity
from fno_emulator.odata.call import NoSuchRecord

_PAIR = re.compile(r"\s*(?:(?P<name>\w+)\s*=\s*)?(?:'(?P<text>(?:[^']|'')*)'|(?P<plain>[^',\s]+))\s*(?:,|$)")


def pairs(predicate: str) -> dict[str, str] | None:
    """The names and values of a key; a value without a name is under "". None if the key is invalid."""
    found: dict[str, str] = {}
    position = 0
    while position < len(predicate):
        match = _PAIR.match(predicate, position)
        if match is None:
            return None
        found[match["name"] or ""] = match["text"].replace("''", "'") if match["text"] is not None else match["plain"]
        position = match.end()
    return found


def parse(entity: Entity, predicate: str) -> tuple[str, dict[str, str]]:
    """The company ("" for a shared entity) and the key values by field.

    Raises:
        NoSuchRecord: it is not a key of the entity.
    """
    found = pairs(predicate)
    if found is None:
        raise NoSuchRecord
    if entity.shared and len(entity.key) == 1 and found.keys() == {""}:
        found = {entity.key[0]: found[""]}
    company = "" if entity.shared else found.pop("dataAreaId", "")
    if found.keys() != set(entity.key) or not (company or entity.shared):
        raise NoSuchRecord
    return company.upper(), found


def url(entity: Entity, row: Any) -> str:
    """The path of a target record below `/data/`."""
    pairs = {} if entity.shared else {"dataAreaId": row["company"].lower()}
    pairs |= {name: str(row[name]).replace("'", "''") for name in entity.key}
    written = ",".join(f"{name}='{quote(value)}'" for name, value in pairs.items())
    return f"{entity.collection}({written})"
