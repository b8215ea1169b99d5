"""The bars of the entity table."""

from landfall.records import EntityCounts
from web.dashboard.bars import bars


def test_bars_share_one_scale() -> None:
    """The longest bar has the full width; rows that were only staged are its last piece."""
    first, second, third = bars(
        (
            EntityCounts("A", staged=100, created=50, updated=25, failed=5),
            EntityCounts("B", staged=10, created=0, updated=0, failed=10),
            EntityCounts("C", staged=0, created=0, updated=0, failed=0),
        )
    )

    assert [(part.kind, part.rows, part.x, part.width) for part in first.parts] == [
        ("created", 50, 0, 50),
        ("updated", 25, 50, 25),
        ("failed", 5, 75, 5),
        ("staged", 20, 80, 20),
    ]
    assert [(part.kind, part.width) for part in second.parts] == [("failed", 10)]
    assert third.parts == ()


def test_rows_refused_before_staging_lengthen_the_bar() -> None:
    """Failed rows may be more than the staged ones, because F&O counts only rows that reached staging."""
    [bar] = bars((EntityCounts("A", staged=1, created=1, updated=0, failed=3),))

    assert [(part.kind, part.width) for part in bar.parts] == [("created", 25), ("failed", 75)]
