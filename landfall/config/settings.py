"""The app's settings: app settings and landfall.yaml, validated into one frozen object."""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from landfall.config.exports import timers
from landfall.config.plan import Plan
from landfall.config.plan_file import SettingsError
from landfall.config.types import Frozen
from landfall.config.usable import Usable, read_usable
from landfall.records import utc_now

log = logging.getLogger("landfall")


class Storage(Frozen):
    """The storage account for files and the ledger: a connection string, or service URLs and a managed identity."""

    connection_string: str | None = Field(default=None, repr=False)
    """A connection string, for local use."""
    blob_url: str | None = None
    """The URL of the blob service, for a managed identity."""
    table_url: str | None = None
    """The URL of the table service, for a managed identity."""
    client_id: str | None = None
    """The client ID of a user-assigned managed identity; by default the system-assigned one."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if not self.connection_string and not (self.blob_url and self.table_url):
            raise ValueError("set DataStorage, or both DataStorage__blobServiceUri and DataStorage__tableServiceUri")
        return self


STORAGE_SETTINGS = {
    "connection_string": "DataStorage",
    "blob_url": "DataStorage__blobServiceUri",
    "table_url": "DataStorage__tableServiceUri",
    "client_id": "DataStorage__clientId",
}
"""The app setting for each field of Storage; the triggers' connection uses the same names."""


CLOCK_FILE = "LANDFALL_CLOCK_FILE"


class Settings(Usable):
    """All settings of the app, without the parts that cannot be used."""

    storage: Storage
    clock_file: Path | None = None
    """A file that holds the time (ISO 8601), for trying out in moments what takes hours."""

    @property
    def now(self) -> Callable[[], datetime]:
        """What tells the time."""
        file = self.clock_file
        return utc_now if file is None else lambda: datetime.fromisoformat(file.read_text(encoding="utf-8"))


def read_settings(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """All settings; `mistakes` names what is left out. SettingsError: without storage there is no app."""
    return _with_storage(read_usable(environment, file), environment)


def _with_storage(usable: Usable, environment: Mapping[str, str]) -> Settings:
    try:
        storage = Storage(**{field: environment.get(name) for field, name in STORAGE_SETTINGS.items()})
    except ValidationError as error:
        raise SettingsError("\n".join(str(each["msg"]) for each in error.errors())) from None
    clock = environment.get(CLOCK_FILE)
    return Settings(**dict(usable), storage=storage, clock_file=Path(clock) if clock else None)


@cache
def _usable() -> Usable:
    """What this process can use of landfall.yaml. The mistakes go to the log, once."""
    usable = read_usable(os.environ)
    for mistake in usable.mistakes:
        log.error("%s", mistake)
    return usable


def plan() -> Plan:
    """This app's plan, without the parts that cannot be used."""
    return _usable().plan


def export_timers() -> dict[str, str]:
    """This app's export timers: the exports' names, and their schedules in UTC."""
    return timers(plan().exports, utc_now())


@cache
def settings() -> Settings:
    """This app's settings, with `plan()` in them; raises SettingsError as `read_settings` does."""
    return _with_storage(_usable(), os.environ)
