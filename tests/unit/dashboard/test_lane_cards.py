"""The lanes' cards."""

from datetime import UTC, datetime, timedelta

from landfall.gate_queue import Hold, Queue, Ticket
from web.dashboard.lanes import SHOWN, lane_cards

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def name_of(run_id: str) -> tuple[str, str]:
    """Every run is called by its id."""
    return "", run_id.upper()


def test_cards_say_who_is_in_a_lane_who_waits_and_why_it_stands() -> None:
    """Later attempts are their runs; of a long line the first are named and the rest counted."""
    waiting = tuple(Ticket(f"imp-{n}", "customers", str(n), calls=True) for n in range(SHOWN + 2))
    hold = Hold("vendors", "a person held it", since=NOW - timedelta(minutes=2))
    failed = Hold("groups", "it failed", run="imp-f.2")
    queue = Queue(waiting, {"customers": "imp-a.2"}, ("imp-a.2",), {"vendors": hold, "groups": failed})

    customers, groups, vendors = lane_cards(queue, name_of, NOW)

    assert (customers.holder.run_id, customers.holder.name, customers.calling) == ("imp-a", "IMP-A", True)  # type: ignore[union-attr]
    assert (customers.waiting[0].run_id, len(customers.waiting), customers.more) == ("imp-0", SHOWN, 2)
    assert (groups.held, groups.held_for.run_id, groups.holder) == ("it failed", "imp-f", None)  # type: ignore[union-attr]
    assert vendors.held_since == "11:58:00, 2 min ago"
