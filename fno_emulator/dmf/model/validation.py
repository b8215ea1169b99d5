"""Checks mandatory fields and references of a row."""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from fno_emulator.dmf.database import quoted
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Catalogue, Entity, Field
from fno_emulator.dmf.model.values import default, not_filled_in

_LOOKUPS = 50_000


class Validation:
    """Checks rows as F&O does before it writes them (fno-behaviour 4.2).

    Args:
        catalogue: has the related entities.
        connection: the connection of the transaction that writes the rows.
        entity: the entity of the rows.
        fields: the fields of a row, in order.
        company: the session's company.
    """

    def __init__(
        self, catalogue: Catalogue, connection: sqlite3.Connection, entity: Entity, fields: list[Field], company: str
    ) -> None:
        self._connection = connection
        self._company = company
        self._own_company = tables.company_of(entity, company)
        mapped = {one.name: position for position, one in enumerate(fields)}
        self._mandatory = [
            (mapped[one.name], one, not_filled_in(one)) for one in entity.fields if one.mandatory and one.name in mapped
        ]
        self._absent = [one for one in entity.fields if one.mandatory and one.name not in mapped]
        self._references = [
            (mapped[one.name], one, related, default(one))
            for one in entity.fields
            if one.name in mapped and (related := catalogue.by_label(one.references))
        ]
        self._related = {related.label: related for _, _, related, _ in self._references}
        self._found = lru_cache(_LOOKUPS)(self._look_up)
        keys = [one.name for one in entity.key_fields if one.name in mapped]
        self._key = [mapped[one] for one in keys]
        where = " AND ".join(f"{quoted(one)} = ?" for one in keys) or "0"
        self._exists = f"SELECT 1 FROM {tables.target(entity)} WHERE company = ? AND {where}"  # noqa: S608

    def complaint(self, row: Sequence[Any]) -> tuple[str, str] | None:
        """Field and message of the first error in a row of recid and values; None if the row is valid."""
        for position, field, empty_values in self._mandatory:
            if row[position + 1] in empty_values:
                return field.staging, f"Field '{field.label}' must be filled in"
        for position, field, related, empty in self._references:
            value = row[position + 1]
            if value != empty and not self._found(related.label, value):
                return (
                    field.staging,
                    f"The value '{value}' in field '{field.label}' is not found in the related table '{related.label}'",
                )
        if self._absent and not self._is_update(row):
            return self._absent[0].staging, f"Field '{self._absent[0].label}' must be filled in"
        return None

    def _is_update(self, row: Sequence[Any]) -> bool:
        key = [row[position + 1] for position in self._key]
        return self._connection.execute(self._exists, (self._own_company, *key)).fetchone() is not None

    def _look_up(self, label: str, value: str) -> bool:
        related = self._related[label]
        sql = f"SELECT 1 FROM {tables.target(related)} WHERE company = ? AND {quoted(related.key[0])} = ?"  # noqa: S608
        company = "" if related.shared else self._company
        return self._connection.execute(sql, (company, value)).fetchone() is not None
