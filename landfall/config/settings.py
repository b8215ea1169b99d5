"""The app's settings: app settings and landfall.yaml, validated into one frozen object."""

import logging
import os
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, HttpUrl, ValidationError, model_validator

from landfall.config.exports import timers
from landfall.config.notices import Receiver, receivers
from landfall.config.plan import Plan
from landfall.config.plan_file import SettingsError, read_usable_plan
from landfall.config.types import Frozen
from landfall.fno.addresses import base_url
from landfall.fno.auth import PUBLIC_CLOUD, Identity
from landfall.records import utc_now

log = logging.getLogger("landfall")


class Fno(Frozen):
    """An F&O environment and the app's identity there, from FNO_* app settings."""

    url: HttpUrl
    """The environment's URL; on premises it ends in `/namespaces/AXSF`."""
    tenant: str | None = None
    """The app registration's tenant; `adfs` for AD FS. A managed identity does not need it."""
    client_id: str | None = None
    """The client ID registered in F&O: that of the app registration, or of a user-assigned managed identity."""
    client_secret: str | None = Field(default=None, repr=False)
    """The app registration's client secret, best as a Key Vault reference."""
    certificate: str | None = Field(default=None, repr=False)
    """Instead of a client secret: a certificate with its private key, as PEM, or as PFX in base64 as Key Vault returns
    it."""
    certificate_file: str | None = None
    """Instead of a client secret: the path of a file with such a certificate."""
    certificate_password: str | None = Field(default=None, repr=False)
    """The password of the certificate."""
    managed_identity: str | None = None
    """Instead of a client secret: the client ID of a managed identity that the app registration trusts."""
    authority: str = PUBLIC_CLOUD
    """The URL of the authority that issues tokens."""
    ca_bundle: str | None = None
    """A PEM file of certificate authorities to trust instead of the public ones."""

    @property
    def origin(self) -> str:
        """The environment's URL with the host in lower case and no trailing slash; every call starts with it."""
        return base_url(str(self.url))

    @property
    def identity(self) -> Identity:
        """How the app signs in to this environment."""
        return Identity(**self.model_dump(exclude={"url"}))


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


class Settings(Frozen):
    """All settings of the app.

    `mistakes` says which exports of landfall.yaml are left out, and why (empty: none). `others` are the environments
    that landfall.yaml names.
    """

    plan: Plan
    mistakes: str = ""
    fno: Fno
    others: Mapping[str, Fno] = {}
    storage: Storage
    notices: tuple[Receiver, ...] = ()


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
        notices = receivers(plan.notices, environment)
    except (LookupError, ValueError) as error:
        raise SettingsError(str(error.args[0])) from None
    return Settings(plan=plan, mistakes=mistakes, fno=fno, others=others, storage=storage, notices=notices)


def _fno(environment: Mapping[str, str], prefix: str, others: Collection[str] = ()) -> Fno:
    """An environment's settings, from the app settings with this prefix; names that belong to `others` are skipped."""
    skipped = tuple(f"{prefix}{name.upper()}_" for name in others)
    values = {
        name[len(prefix) :].lower(): value
        for name, value in environment.items()
        if name.startswith(prefix) and value and not name.startswith(skipped)
    }
    try:
        return Fno.model_validate(values)
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
