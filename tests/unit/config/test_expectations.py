"""When files are due: times of day, weekdays, holidays, time zones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from landfall.config.expectations import LONGEST, Expectation
from landfall.config.usable import read_usable

DAILY = {"by": "06:00", "days": "MON-FRI", "time_zone": "Europe/Copenhagen"}
FNO = {"FNO_URL": "https://one.operations.dynamics.com"}


def expect(**changed: Any) -> Expectation:
    """The expectation with some settings changed."""
    return Expectation.model_validate(DAILY | changed)


def utc(*parts: int) -> datetime:
    """A moment."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_it_is_due_at_the_local_time_of_its_days() -> None:
    """In winter as in summer; on Monday what landed since Friday counts."""
    assert expect().due_before(utc(2026, 12, 7, 5)) == utc(2026, 12, 7, 5)
    assert expect().due_before(utc(2026, 12, 7, 4, 59)) == utc(2026, 12, 4, 5)
    assert expect().due_before(utc(2026, 7, 6, 12)) == utc(2026, 7, 6, 4)
    assert expect().window(utc(2026, 12, 7, 5)) == (utc(2026, 12, 4, 5), utc(2026, 12, 7, 5))
    assert expect().due_after(utc(2026, 12, 4, 6)) == utc(2026, 12, 7, 5)


def test_holidays_are_left_out(tmp_path: Path) -> None:
    """Neither is anything due on them, nor do they begin a window; other columns and a header do not matter."""
    calendar = tmp_path / "holidays.csv"
    calendar.write_text("date,name\n2026-12-24,Eve\n2026-12-25,Day\n\n", encoding="utf-8-sig")
    xmas = expect(calendar=str(calendar))
    assert xmas.due_before(utc(2026, 12, 26)) == utc(2026, 12, 23, 5)
    assert xmas.window(utc(2026, 12, 28, 5))[0] == utc(2026, 12, 23, 5)
    assert xmas.due_after(utc(2026, 12, 23, 6)) == utc(2026, 12, 28, 5)


def test_a_file_counts_for_a_week_at_most() -> None:
    """Where files are due once a month, one of three weeks ago is not this month's."""
    weekly = expect(days="MON")
    due = utc(2026, 12, 7, 5)
    assert weekly.window(due)[0] == due - LONGEST
    assert weekly.window(utc(2026, 3, 30, 4))[0] == utc(2026, 3, 30, 4) - timedelta(days=7) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"by": "6"}, "is not a time of day"),
        ({"by": "24:00"}, "is not a time of day"),
        ({"days": "SOMEDAY"}, "are not weekdays"),
        ({"time_zone": "Mars"}, "is not a time zone"),
        ({"calendar": "nowhere.csv"}, "is not beside landfall.yaml"),
        ({"at_least": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_meant_is_said(changed: dict[str, Any], said: str) -> None:
    """Each mistake with what to write instead."""
    with pytest.raises(ValidationError, match=said):
        expect(**changed)


def test_a_wrong_line_of_a_calendar_is_named(tmp_path: Path) -> None:
    """With its number, and only that route is left out."""
    (tmp_path / "days.csv").write_text("date\n25 December\n", encoding="utf-8")
    file = tmp_path / "landfall.yaml"
    file.write_text(
        "imports:\n"
        '  - {name: one, path: "one/{company}/{name}.zip"}\n'
        '  - {name: two, path: "two/{company}/{name}.zip", expect: {by: "06:00", calendar: days.csv}}\n',
        encoding="utf-8",
    )
    usable = read_usable(FNO, file)
    assert [each.name for each in usable.plan.imports] == ["one"]
    assert any("days.csv:2: '25 December' is no date" in each and "landfall.yaml:3" in each for each in usable.mistakes)
