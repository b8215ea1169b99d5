"""Finds the app and its storage: by flags and variables, else what `make up` has started here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landfall.cli.fno.fno_flags import is_private

LOCAL = Path(__file__).parents[2] / ".local"
UP_FILE = "up.json"


class PlaceError(Exception):
    """The address of the app or its storage is missing or wrong; the message says what to do."""


@dataclass(frozen=True)
class App:
    """An app's address. `key` opens its functions; None where they need no key."""

    url: str
    key: str | None


def what_is_up(folder: Path = LOCAL) -> dict[str, Any]:
    """Return what `make up` says it has started; PlaceError when nothing is running."""
    try:
        return dict(json.loads((folder / UP_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise PlaceError("Nothing is running here. Run make up in another terminal first.") from None


def find_app(url: str | None, key: str | None, folder: Path = LOCAL) -> App:
    """Return the app at `url`, else the one that is running here; PlaceError when there is neither."""
    if url is None:
        try:
            return App(**what_is_up(folder)["app"])
        except PlaceError as error:
            raise PlaceError(f"Set --url or LANDFALL_URL to the app's address. {error}") from None
    if not is_private(url):
        raise PlaceError(f"{url} must be like https://contoso.azurewebsites.net, because keys are not sent in clear.")
    return App(url, key)


def find_storage(named: str | None, folder: Path = LOCAL) -> str:
    """Return the data account's connection string or address, else that of what is running here, else PlaceError."""
    if named:
        return named
    try:
        return str(what_is_up(folder)["storage"])
    except PlaceError as error:
        raise PlaceError(f"Set --account-url or LANDFALL_STORAGE to the app's storage. {error}") from None
