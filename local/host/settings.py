"""Reads host.json, local.settings.json, and the app settings that bindings name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

SETTING = re.compile("%([^%]+)%")
"""The name of an app setting in a text, which its value replaces."""


class SettingsError(Exception):
    """A settings file or an app setting is wrong; the message says where and what."""


@dataclass(frozen=True)
class HostSettings:
    """The settings of host.json; environment variables override them."""

    document: Mapping[str, Any]

    def value(self, path: str, default: Any) -> Any:
        """Return the value at a dotted path, or the default; the value must have the default's type.

        Raises:
            SettingsError: the value has another type.
        """
        # As on Azure, for example AzureFunctionsJobHost__extensions__http__routePrefix.
        name = "AzureFunctionsJobHost__" + path.replace(".", "__")
        if name in os.environ:
            return _from_text(os.environ[name], default, name)
        at: Any = self.document
        for part in path.split("."):
            if not isinstance(at, Mapping) or part not in at:
                return default
            at = at[part]
        if default is not None and (
            not isinstance(at, type(default)) or isinstance(at, bool) != isinstance(default, bool)
        ):
            raise SettingsError(
                f"host.json: {path} is {json.dumps(at)}. Use a value of the same type as {json.dumps(default)}."
            )
        return at

    @property
    def hub(self) -> str:
        """The name of the task hub."""
        return resolve(str(self.value("extensions.durableTask.hubName", "TestHubName")), "host.json hubName")


def read_host_json(app: Path) -> HostSettings:
    """Return the settings in an app folder's host.json.

    Raises:
        SettingsError: the file is missing or malformed.
    """
    document = _read(app / "host.json")
    if document.get("version") != "2.0":
        raise SettingsError('host.json: "version" must be "2.0".')
    return HostSettings(document)


def load_local_settings(app: Path) -> Mapping[str, Any]:
    """Copy the Values of local.settings.json into environment variables that are not set yet.

    Returns its Host section, which holds settings that Azure keeps outside the app, such as CORS.

    Raises:
        SettingsError: the file is malformed or encrypted, or a value is not a string.
    """
    path = app / "local.settings.json"
    if not path.exists():
        return {}
    document = _read(path)
    if document.get("IsEncrypted") is True:
        raise SettingsError(
            "local.settings.json: its values are encrypted. Run `func settings decrypt` in the app's folder."
        )
    for name, value in document.get("Values", {}).items():
        if not isinstance(value, str):
            raise SettingsError(f"local.settings.json: Values.{name} must be a string.")
        os.environ.setdefault(name, value)
    return dict(document.get("Host", {}))


def resolve(text: str, where: str) -> str:
    """Return a text with each %SETTING% replaced by the app setting of that name.

    Raises:
        SettingsError: a setting is missing.
    """

    def setting(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise SettingsError(f"{where}: the app setting '{match[1]}' is not set.")
        return value

    return SETTING.sub(setting, text)


def parse_timespan(text: str, where: str) -> timedelta:
    """Return the duration of a .NET time span, `[d.]hh:mm:ss[.fffffff]`.

    Raises:
        SettingsError: the text is not a time span.
    """
    match = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?", text)
    if match is None:
        raise SettingsError(f"{where}: '{text}' is not a time span. Write hh:mm:ss.")
    days, hours, minutes, seconds, fraction = match.groups()
    micros = int((fraction or "0").ljust(7, "0")) // 10
    return timedelta(
        days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds), microseconds=micros
    )


def connection_string(name: str, where: str) -> str:
    """Return the storage connection string of the app setting that a trigger or binding names.

    Raises:
        SettingsError: the app setting is missing.
    """
    for setting in (name, f"AzureWebJobs{name}"):
        value = os.environ.get(setting)
        if value:
            return value
    raise SettingsError(f"{where}: set the app setting '{name}' to a storage connection string.")


def _from_text(text: str, default: Any, name: str) -> Any:
    if isinstance(default, bool):
        return text.lower() == "true"
    if isinstance(default, int):
        if not text.isdecimal():
            raise SettingsError(f"{name} is '{text}'. Set it to a whole number.")
        return int(text)
    return text


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: not found. Every Functions app has this file beside function_app.py.") from None
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path}, line {error.lineno}, column {error.colno}: {error.msg}.") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{path}: the file must hold one JSON object.")
    return document
