"""When an environment is frozen: times of day, weekdays, dates, time zones."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from landfall.config.freezes import Freeze, window_at, windows_after
from landfall.config.usable import read_usable

WEEKLY = {"from": "SAT 22:00", "to": "02:00", "time_zone": "Europe/Copenhagen", "reason": "maintenance"}
DATED = {"from": "2026-12-31T18:00", "to": "2027-01-02T06:00", "reason": "year end"}
FNO = {"FNO_URL": "https://one.operations.dynamics.com", "FNO_UAT_URL": "https://two.operations.dynamics.com"}


def freeze(**changed: Any) -> Freeze:
    """The weekly freeze with some settings changed."""
    return Freeze.model_validate(WEEKLY | changed)


def utc(*parts: int) -> datetime:
    """A moment."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [
        (utc(2026, 12, 5, 20, 59), False),
        (utc(2026, 12, 5, 21), True),
        (utc(2026, 12, 6, 0, 59), True),
        (utc(2026, 12, 6, 1), False),
        (utc(2026, 12, 6, 22), False),
        (utc(2026, 7, 4, 20), True),
    ],
)
def test_a_weekly_freeze_goes_by_its_zone(moment: datetime, frozen: bool) -> None:  # noqa: FBT001  the case's value
    """It begins on its weekday at its local time, in summer as in winter, and ends at the next such time of day."""
    assert (freeze().window_at(moment) is not None) is frozen


def test_a_dated_freeze_happens_once() -> None:
    """From one date to another, and never again."""
    once = Freeze.model_validate(DATED)
    assert once.window_at(utc(2027, 1, 1))
    assert not once.window_at(utc(2027, 1, 2, 6))
    assert not once.window_at(utc(2027, 12, 31, 19))
    assert [each.begins for each in once.windows_after(utc(2026, 12, 1), 3)] == [utc(2026, 12, 31, 18)]
    assert not list(once.windows_after(utc(2027, 1, 1), 3))


def test_a_freeze_may_last_for_days() -> None:
    """A weekday in `to` is the next such day."""
    long = freeze(to="MON 02:00")
    assert long.window_at(utc(2026, 12, 6, 12))
    assert not long.window_at(utc(2026, 12, 7, 1))


def test_a_clock_that_is_turned_back_makes_it_longer() -> None:
    """In the night in which summer time ends, 22:00 to 02:00 is as the clocks on the wall show it."""
    window = freeze(**{"from": "SAT 22:00", "to": "04:00"}).window_at(utc(2026, 10, 24, 21))
    assert window
    assert (window.begins, window.ends) == (utc(2026, 10, 24, 20), utc(2026, 10, 25, 3))


def test_of_several_the_last_to_end_counts() -> None:
    """Only what all of them except goes on; another environment's freezes do not matter."""
    freezes = [
        freeze(**{"except": ["a", "b"]}),
        freeze(to="04:00", reason="upgrade", **{"except": ["b", "c"]}),
        freeze(environment="uat", to="06:00"),
    ]
    window = window_at(freezes, "", utc(2026, 12, 5, 22))
    assert window
    assert (window.reason, window.ends, window.excepted) == ("upgrade", utc(2026, 12, 6, 3), ("b",))
    assert window_at(freezes, "prod", utc(2026, 12, 5, 22)) is None


def test_what_comes_is_listed_in_order() -> None:
    """The next windows of an environment, whichever entry they come from."""
    freezes = [freeze(), Freeze.model_validate(DATED)]
    found = windows_after(freezes, "", utc(2026, 12, 24), 3)
    assert [each.begins for each in found] == [utc(2026, 12, 26, 21), utc(2026, 12, 31, 18), utc(2027, 1, 2, 21)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"from": "25:00"}, "neither a time of day nor a date"),
        ({"from": "SOMEDAY 22:00"}, "neither a time of day nor a date"),
        ({"from": "2026-12-31T18:00"}, "must both be"),
        ({"from": "2026-12-31T18:00", "to": "2026-12-31T17:00"}, "before it begins"),
        ({"time_zone": "Mars"}, "is not a time zone"),
        ({"reason": " "}, "at least 1"),
    ],
)
def test_what_cannot_be_meant_is_said(changed: dict[str, str], said: str) -> None:
    """Each mistake with what to write instead."""
    with pytest.raises(ValidationError, match=said):
        freeze(**changed)


def test_a_mistake_in_a_freeze_keeps_files_from_its_environment(tmp_path: Path) -> None:
    """Nobody knows when nothing may go there, so nothing goes, and the other environment's files do."""
    file = tmp_path / "landfall.yaml"
    file.write_text(
        "environments: [uat]\n"
        "imports:\n"
        '  - {name: one, path: "one/{company}/{name}.zip"}\n'
        '  - {name: two, path: "two/{company}/{name}.zip", environment: uat}\n'
        "freeze:\n"
        '  - {from: "22:00", till: "02:00", reason: x, environment: uat}\n',
        encoding="utf-8",
    )
    usable = read_usable(FNO, file)
    assert [each.name for each in usable.plan.imports] == ["one"]
    assert usable.plan.reason_to_wait("two/USMF/a.zip")
    assert any("till: there is no such setting" in each and "landfall.yaml:6" in each for each in usable.mistakes)
