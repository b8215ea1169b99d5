"""Where exports go."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from landfall.config.target_path import Slot, target_path

SLOT = Slot(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))


def test_every_placeholder_is_filled() -> None:
    """All the documented placeholders can stand in one template."""
    template = "{export}/{company}/{yyyy}/{MM}/{dd}/{slot}.zip"
    path = target_path(template, export="groups", company="USMF", slot=SLOT)
    assert path == "groups/USMF/2026/03/01/20260301T233000Z.zip"


def test_days_are_utc() -> None:
    """A slot told in another zone goes to the same path."""
    told = Slot(SLOT.moment.astimezone(timezone(timedelta(hours=2))))
    assert target_path("{dd}", export="g", company="c", slot=told) == "01"


def test_a_placeholder_that_does_not_exist_is_an_error() -> None:
    """A mistyped placeholder does not end up in a path."""
    with pytest.raises(KeyError, match="year"):
        target_path("{year}/a.zip", export="g", company="c", slot=SLOT)


def test_runs_on_demand_have_places_of_their_own() -> None:
    """Two requests of one second, and a slot of that second, take no place from each other."""
    slots = (SLOT, Slot(SLOT.moment, "0123456789abcdef"), Slot(SLOT.moment, "fedcba9876543210"))
    paths = [target_path("{slot}.zip", export="g", company="c", slot=slot) for slot in slots]
    assert paths == [
        "20260301T233000Z.zip",
        "20260301T233000Z-01234567.zip",
        "20260301T233000Z-fedcba98.zip",
    ]
