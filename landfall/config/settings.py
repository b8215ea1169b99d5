"""The app's settings: the environment and landfall.yaml, validated once into one frozen object."""

import logging
import os
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, HttpUrl, ValidationError, model_validator

from landfall.config.exports import timers
from landfall.config.notices import Target, targets
from landfall.config.plan import Plan, SettingsError, read_usable_plan
from landfall.config.types import Frozen
from landfall.fno.addresses import base_url
from landfall.fno.auth import PUBLIC_CLOUD, Identity
from landfall.records import utc_now

log = logging.getLogger("landfall")


class Fno(Frozen):
    """Where F&O is and who we are there: from FNO_* app settings."""

    url: HttpUrl
    """The environment's address; on premises with `/namespaces/AXSF`."""
    tenant: str | None = None
    """The app registration's tenant; `adfs` for an AD FS. Not used with a managed identity."""
    client_id: str | None = None
    """The client id that F&O knows: the app registration's, or a user-assigned identity's."""
    client_secret: str | None = Field(default=None, repr=False)
    """Proves that we are the app registration: a secret, best as a Key Vault reference."""
    certificate: str | None = Field(default=None, repr=False)
    """The same by a certificate with its private key: PEM, or PFX in base64, as Key Vault gives it out."""
    certificate_file: str | None = None
    """The same in a file."""
    certificate_password: str | None = Field(default=None, repr=False)
    """What opens the certificate."""
    managed_identity: str | None = None
    """The same by a managed identity that the app registration trusts: its client id."""
    authority: str = PUBLIC_CLOUD
    """Who issues tokens."""
    ca_bundle: str | None = None
    """A PEM file of the authorities to trust instead of the public ones."""

    @property
    def origin(self) -> str:
        """The environment's URL without a trailing slash: base of every call."""
        return base_url(str(self.url))

    @property
    def identity(self) -> Identity:
        """Who we are there."""
        return Identity(**self.model_dump(exclude={"url"}))


class Storage(Frozen):
    """The data account: a connection string, or its service addresses and a managed identity."""

    connection_string: str | None = Field(default=None, repr=False)
    """All of it in one: for a laptop."""
    blob_url: str | None = None
    """Where its blobs are, for an identity."""
    table_url: str | None = None
    """Where its tables are."""
    client_id: str | None = None
    """The client id of a user-assigned identity; without it the system-assigned one."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if not self.connection_string and not (self.blob_url and self.table_url):
            raise ValueError(
                "set DataStorage, or both DataStorage__blobServiceUri and DataStorage__tableServiceUri"
            )
        return self


STORAGE_SETTINGS = {
    "connection_string": "DataStorage",
    "blob_url": "DataStorage__blobServiceUri",
    "table_url": "DataStorage__tableServiceUri",
    "client_id": "DataStorage__clientId",
}
"""The app settings that Storage is read from: the names that the triggers' connection has."""


class Settings(Frozen):
    """Everything an activity may want to know.

    `mistakes` says in words which exports of landfall.yaml are left out, and why; `others` are the environments that
    landfall.yaml names.
    """

    plan: Plan
    mistakes: str = ""
    fno: Fno
    others: Mapping[str, Fno] = {}
    storage: Storage
    notices: tuple[Target, ...] = ()


def read_settings(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """All settings; SettingsError names every mistake, never a secret's value."""
    return _settings(environment, *read_usable_plan(environment, file))


def _settings(environment: Mapping[str, str], plan: Plan, mistakes: str) -> Settings:
    fno = _fno(environment, "FNO_", plan.environments)
    others = {name: _fno(environment, f"FNO_{name.upper()}_") for name in plan.environments}
    try:
        storage = Storage(**{field: environment.get(name) for field, name in STORAGE_SETTINGS.items()})
    except ValidationError as error:
        raise SettingsError("\n".join(str(e["msg"]) for e in error.errors())) from None
    try:
        notices = targets(plan.notices, environment)
    except (LookupError, ValueError) as error:
        raise SettingsError(str(error.args[0])) from None
    return Settings(plan=plan, mistakes=mistakes, fno=fno, others=others, storage=storage, notices=notices)


def _fno(environment: Mapping[str, str], prefix: str, others: Collection[str] = ()) -> Fno:
    """An environment's settings, by the prefix of their names; those of `others` begin alike."""
    apart = tuple(f"{prefix}{name.upper()}_" for name in others)
    said = {
        name[len(prefix) :].lower(): value
        for name, value in environment.items()
        if name.startswith(prefix) and value and not name.startswith(apart)
    }
    try:
        return Fno.model_validate(said)
    except ValidationError as error:
        mistakes = [f"{prefix}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
        raise SettingsError("\n".join(mistakes)) from None


@cache
def _usable_plan() -> tuple[Plan, str]:
    """This process's landfall.yaml. The mistakes in exports that are left out go to the log, once."""
    usable, mistakes = read_usable_plan(os.environ)
    for mistake in mistakes.splitlines():
        log.error("%s", mistake)
    return usable, mistakes


def plan() -> Plan:
    """This app's plan, without the exports that cannot be used."""
    return _usable_plan()[0]


def export_timers() -> dict[str, str]:
    """This app's export timers: the exports' names, and their schedules in UTC."""
    return timers(plan().exports, utc_now())


@cache
def settings() -> Settings:
    """This app's settings, with `plan()` in them; raises SettingsError as `read_settings` does."""
    return _settings(os.environ, *_usable_plan())
