"""Statuses, times and schedules as text."""

from datetime import UTC, datetime, timedelta

import pytest

from web.dashboard.words import count, moment, schedule, span

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (60, "1 min"),
        (130, "2 min 10 s"),
        (11100, "3 h 5 min"),
        (86400, "1 d"),
        (187200, "2 d 4 h"),
    ],
)
def test_spans_have_two_figures_at_most(seconds: float, words: str) -> None:
    """A short span has tenths of a second, a long one its two largest units."""
    assert span(timedelta(seconds=seconds)) == words


def test_a_moment_is_as_short_as_possible() -> None:
    """A moment of today has no date, one of this year no year."""
    moments = [NOW - timedelta(hours=1), NOW - timedelta(days=2), NOW - timedelta(days=400)]
    assert [moment(each, NOW) for each in moments] == ["11:00:00", "30 May 12:00", "27 Apr 2025 12:00"]


@pytest.mark.parametrize(
    ("ncrontab", "words"),
    [
        ("0 0 6 * * *", "At 06:00 (UTC)"),
        ("0 */5 * * * *", "Every 5 minutes (UTC)"),
        ("*/10 * * * * *", "Every 10 seconds (UTC)"),
        ("0 30 17 * * MON-FRI", "At 17:30, Monday through Friday (UTC)"),
    ],
)
def test_schedules_read_as_sentences(ncrontab: str, words: str) -> None:
    """A schedule of six fields becomes a sentence, in 24 hours."""
    assert schedule(ncrontab) == words


def test_numbers_agree_with_their_noun() -> None:
    """One row, two rows, and thousands have separators."""
    assert [count(1, "row"), count(2000, "row"), count(0, "entity", "entities")] == [
        "1 row",
        "2,000 rows",
        "0 entities",
    ]
