"""Where the app and its storage are."""

import json
from pathlib import Path

import pytest

from landfall.cli.places import App, PlaceError, find_app, find_storage, what_is_up


@pytest.fixture
def up(tmp_path: Path) -> Path:
    """A folder where make up has said what it started."""
    there = {"storage": "UseDevelopmentStorage=true", "app": {"url": "http://127.0.0.1:7071", "key": "k"}}
    (tmp_path / "up.json").write_text(json.dumps(there))
    return tmp_path


def test_nothing_up_is_said(tmp_path: Path) -> None:
    """Without up.json and without flags the message says what to start, and what to set."""
    with pytest.raises(PlaceError, match="make up"):
        what_is_up(tmp_path)
    with pytest.raises(PlaceError, match=r"LANDFALL_URL.*make up"):
        find_app(None, None, tmp_path)
    with pytest.raises(PlaceError, match=r"LANDFALL_STORAGE.*make up"):
        find_storage(None, tmp_path)


def test_what_is_up_here_is_the_default(up: Path) -> None:
    """With its own key and storage."""
    assert find_app(None, "other", up) == App("http://127.0.0.1:7071", "k")
    assert find_storage("", up) == "UseDevelopmentStorage=true"


def test_what_is_named_counts(up: Path) -> None:
    """A deployed app is asked with its own key, never with that of the app here."""
    assert find_app("https://contoso.azurewebsites.net", None, up).key is None
    assert find_storage("https://contoso.blob.core.windows.net", up).startswith("https://contoso")


@pytest.mark.parametrize("url", ["http://contoso.azurewebsites.net", "contoso", "https://", "ftp://x"])
def test_a_key_does_not_travel_in_clear(url: str) -> None:
    """Plain http is for this machine alone."""
    with pytest.raises(PlaceError, match="in clear"):
        find_app(url, "k")
