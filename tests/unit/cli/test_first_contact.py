"""A command that reaches nobody ends at once and names the setting; one that has been answered is patient."""

from pathlib import Path

import pytest
import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from landfall.cli.app_api import TRIES, ApiError, SilentError
from landfall.cli.dropping import drop
from landfall.cli.fno.desk import MAX_SILENT, Desk, ask
from landfall.cli.fno.ends import CannotKnowError
from landfall.cli.places import PlaceError
from landfall.fno.errors import NotSentError
from tests.unit.cli.test_app_api import RUN, Wire, app
from tests.unit.fno.conftest import Answer, wire
from tests.unit.fno.conftest import Wire as FnoWire

__all__ = ["app", "wire"]

REFUSED = requests.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]
UNKNOWN = requests.ConnectionError(NameResolutionError("host", None, OSError()))  # type: ignore[arg-type]


@pytest.mark.parametrize(("error", "said"), [(REFUSED, "takes no connections"), (UNKNOWN, "DNS has no address")])
def test_an_app_that_cannot_be_reached_is_not_asked_again(app: Wire, error: Exception, said: str) -> None:
    """The first request fails at once and names LANDFALL_URL."""
    wired = app(error)
    with pytest.raises(ApiError, match=rf"does not answer.*{said}.*LANDFALL_URL"):
        wired.api.rerun("imp-1")
    assert wired.waits == []


def test_an_app_that_has_answered_is_waited_for(app: Wire) -> None:
    """An app that restarts while a command waits for a run is asked again."""
    wired = app(Answer(RUN), REFUSED, Answer(RUN), *[REFUSED] * TRIES)
    assert wired.api.run("imp-1") == wired.api.run("imp-1") == RUN
    with pytest.raises(SilentError):
        wired.api.run("imp-1")


@pytest.mark.parametrize(("error", "said"), [(REFUSED, "takes no connections"), (UNKNOWN, "DNS has no address")])
def test_an_fno_that_cannot_be_reached_is_not_asked_again(wire: FnoWire, error: Exception, said: str) -> None:
    """The first question fails at once and names FNO_URL; after an answer it is repeated for minutes."""
    waits: list[float] = []
    answers = [error, Answer({"value": "Executing"}), *[error] * MAX_SILENT]
    desk = Desk(wire(*answers).client, lambda _: None, sleep=waits.append)
    with pytest.raises(NotSentError, match=rf"cannot connect.*{said}.*FNO_URL"):
        ask(desk, lambda: desk.client.status("x"), "the status")
    assert waits == []
    assert ask(desk, lambda: desk.client.status("x"), "the status") == "Executing"
    with pytest.raises(CannotKnowError):
        ask(desk, lambda: desk.client.status("x"), "the status")
    assert sum(waits) > 200


@pytest.mark.timeout(60)
@pytest.mark.parametrize("storage", ["https://nobody.invalid", "https://127.0.0.1:1", "http://contoso", "nonsense"])
def test_a_storage_that_cannot_be_reached_is_said_at_once(storage: str, tmp_path: Path) -> None:
    """The message names LANDFALL_STORAGE, before any sign-in."""
    file = tmp_path / "a.zip"
    file.write_bytes(b"x")
    with pytest.raises(PlaceError, match="LANDFALL_STORAGE"):
        drop(storage, file, "packages/USMF/a.zip")
