"""Where the app and its storage are: flags and variables, else what `make up` has started here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landfall.cli.fno.site import is_private

LOCAL = Path(__file__).parents[2] / ".local"
UP_FILE = "up.json"


class PlaceError(Exception):
    """It is not known where the app or its storage is; the message says what to do."""


@dataclass(frozen=True)
class App:
    """Where an app answers; `key` opens its functions and is None where none is asked for."""

    url: str
    key: str | None


def what_is_up(folder: Path = LOCAL) -> dict[str, Any]:
    """Return what `make up` says that it has started; PlaceError when nothing is up."""
    try:
        return dict(json.loads((folder / UP_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise PlaceError("Nothing is up here. Run make up in another terminal first.") from None


def find_app(url: str | None, key: str | None, folder: Path = LOCAL) -> App:
    """The app at `url`, else the one that is up here; PlaceError when there is neither."""
    if url is None:
        try:
            return App(**what_is_up(folder)["app"])
        except PlaceError as nothing:
            raise PlaceError(f"Say where the app is: --url or LANDFALL_URL. {nothing}") from None
    if not is_private(url):
        raise PlaceError(f"{url} must be like https://contoso.azurewebsites.net: keys do not travel in clear")
    return App(url, key)


def find_storage(named: str | None, folder: Path = LOCAL) -> str:
    """The data account's connection string or blob address, else that of what is up here; PlaceError for neither."""
    if named:
        return named
    try:
        return str(what_is_up(folder)["storage"])
    except PlaceError as nothing:
        raise PlaceError(f"Say where its storage is: --account-url or LANDFALL_STORAGE. {nothing}") from None
