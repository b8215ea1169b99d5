"""Finding the app and its storage."""

import json
from pathlib import Path

import pytest

from landfall.cli.places import App, PlaceError, find_app, find_storage, what_is_up


@pytest.fixture
def up(tmp_path: Path) -> Path:
    """A folder in which make up has written what it started."""
    there = {"storage": "UseDevelopmentStorage=true", "app": {"url": "http://127.0.0.1:7071", "key": "k"}}
    (tmp_path / "up.json").write_text(json.dumps(there))
    return tmp_path


def test_nothing_running_is_an_error(tmp_path: Path) -> None:
    """Without flags and without a running app the error says what to set and what to start."""
    with pytest.raises(PlaceError, match="make up"):
        what_is_up(tmp_path)
    with pytest.raises(PlaceError, match=r"LANDFALL_URL.*make up"):
        find_app(None, None, tmp_path)
    with pytest.raises(PlaceError, match=r"LANDFALL_STORAGE.*make up"):
        find_storage(None, tmp_path)


def test_the_running_app_is_the_default(up: Path) -> None:
    """The app that runs here is the default, with its own key and storage."""
    assert find_app(None, "other", up) == App("http://127.0.0.1:7071", "k")
    assert find_storage("", up) == "UseDevelopmentStorage=true"


def test_a_named_app_is_used(up: Path) -> None:
    """A named app is used without the key of the app that runs here."""
    assert find_app("https://contoso.azurewebsites.net", None, up).key is None
    assert find_storage("https://contoso.blob.core.windows.net", up).startswith("https://contoso")


@pytest.mark.parametrize("url", ["http://contoso.azurewebsites.net", "contoso", "https://", "ftp://x"])
def test_a_key_is_not_sent_in_clear(url: str) -> None:
    """Plain http is allowed for this machine only."""
    with pytest.raises(PlaceError, match="in clear"):
        find_app(url, "k")
