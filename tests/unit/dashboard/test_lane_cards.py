"""The lanes' cards."""

from datetime import UTC, datetime, timedelta

from landfall.gate_queue import Hold, Queue, Ticket
from web.dashboard.lanes import SHOWN, lane_cards
from web.dashboard.runs import Title

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def title_of(run_id: str) -> Title:
    """Every run is named by its id."""
    return Title("", run_id.upper())


def test_cards_show_the_run_the_queue_and_the_hold_of_a_lane() -> None:
    """A later attempt counts as its run; a card has the first waiting runs, the count of the rest, the run to skip."""
    waiting = tuple(Ticket(f"imp-{n}", "customers", str(n), calls=True) for n in range(SHOWN + 2))
    hold = Hold("vendors", "a person held it", since=NOW - timedelta(minutes=2))
    failed = Hold("groups", "it failed", run="imp-f.2")
    queue = Queue(waiting, {"customers": "imp-a.2"}, ("imp-a.2",), {"vendors": hold, "groups": failed})

    customers, groups, vendors = lane_cards(queue, title_of, NOW)

    assert (customers.holder.run_id, customers.holder.title.name, customers.calling) == (
        "imp-a",
        "IMP-A",
        True,
    )  # type: ignore[union-attr]
    assert (customers.waiting[0].run_id, len(customers.waiting), customers.more) == ("imp-0", SHOWN, 2)
    assert (groups.held, groups.held_for.run_id, groups.holder) == ("it failed", "imp-f", None)  # type: ignore[union-attr]
    assert [each.next and each.next.run_id for each in (customers, groups, vendors)] == [
        "imp-0",
        "imp-f",
        None,
    ]
    assert vendors.held_since == "11:58:00, 2 min ago"
