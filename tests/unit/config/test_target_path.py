"""Target paths of exports."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from landfall.config.target_path import Slot, target_path

SLOT = Slot(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))


def test_every_placeholder_is_filled() -> None:
    """One template may use all documented placeholders."""
    template = "{export}/{company}/{yyyy}/{MM}/{dd}/{slot}.zip"
    path = target_path(template, export="groups", company="USMF", slot=SLOT)
    assert path == "groups/USMF/2026/03/01/20260301T233000Z.zip"


def test_days_are_utc() -> None:
    """A slot in another time zone has the same path."""
    slot = Slot(SLOT.moment.astimezone(timezone(timedelta(hours=2))))
    assert target_path("{dd}", export="g", company="c", slot=slot) == "01"


def test_an_unknown_placeholder_is_an_error() -> None:
    """A mistyped placeholder does not end up in a path."""
    with pytest.raises(KeyError, match="year"):
        target_path("{year}/a.zip", export="g", company="c", slot=SLOT)


def test_runs_on_demand_have_their_own_paths() -> None:
    """Two requests and a slot of the same second get three different paths."""
    slots = (SLOT, Slot(SLOT.moment, "0123456789abcdef"), Slot(SLOT.moment, "fedcba9876543210"))
    paths = [target_path("{slot}.zip", export="g", company="c", slot=slot) for slot in slots]
    assert paths == [
        "20260301T233000Z.zip",
        "20260301T233000Z-01234567.zip",
        "20260301T233000Z-fedcba98.zip",
    ]
