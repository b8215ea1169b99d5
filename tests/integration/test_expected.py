"""Expected files: who waits for one is told once that it is missing, and once that it came late."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from activities.expecting import check_expected
from landfall.config.notices import Receiver
from landfall.config.plan import Plan
from landfall.records import LANDED, Outcome, Run, Source, State
from landfall.services import Services
from web.expected import show_expected

DUE = datetime(2026, 12, 7, 6, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)


@dataclass
class Client:
    """Keeps the notices that were started."""

    events: list[dict[str, Any]] = field(default_factory=list)

    async def start_new(self, _name: str, _instance: str | None, payload: dict[str, Any]) -> str:
        """As Durable's client does."""
        self.events.append(payload["event"])
        return ""


@dataclass
class Night:
    """A route that expects files, and a clock that a test turns."""

    services: Services
    route: str
    client: Client = field(default_factory=Client)

    def sweep(self, now: datetime, client: Client | None = None) -> list[str]:
        """Look at this moment; the types of what people were told."""
        told = client or self.client
        before = len(told.events)
        asyncio.run(check_expected(replace(self.services, now=lambda: now), told))  # type: ignore[arg-type]
        return [event["type"] for event in told.events[before:]]

    def drop(self, at: datetime, **about: Any) -> None:
        """Have a file of the route land, and be claimed, at this moment."""
        name = f"{self.route}/USMF/{uuid4().hex}.zip"
        run = Run(f"imp-{uuid4().hex}", "import", State.WAITING, route=self.route, source=Source("landing", name, "e"))
        claimed = replace(run, times={LANDED: at, State.CLAIMED: at}, **about)
        assert self.services.ledger.claim(claimed)

    def status(self) -> str | None:
        """What the API says of the latest expectation."""
        return show_expected(self.services)[0].status


def night(services: Services, **expect: Any) -> Night:
    """A night whose route no other test has."""
    route = f"route-{uuid4().hex[:20]}"
    raw = {
        "name": route,
        "path": f"{route}/{{company}}/{{name}}.zip",
        "expect": {"by": "06:00", "days": "MON-FRI", **expect},
    }
    plan = Plan.model_validate({"imports": [raw]})
    return Night(replace(services, plan=plan, notices=(Receiver("webhook", "http://127.0.0.1:1", "s"),)), route)


@pytest.fixture
def begun(services: Services) -> Night:
    """A night that was looked at before."""
    made = night(services)
    assert made.sweep(DUE - 10 * HOUR) == []
    return made


def test_a_new_route_is_not_late_at_once(services: Services) -> None:
    """What was due before anybody had looked is no news."""
    new = night(services)
    assert new.sweep(DUE + HOUR) == []
    assert new.sweep(DUE + 2 * HOUR) == []
    assert new.status() == "new"


def test_a_file_in_time_is_no_news(begun: Night) -> None:
    """Whenever it landed since it was last due, also over the weekend, and whether or not it was refused."""
    begun.drop(DUE - 48 * HOUR)
    assert begun.sweep(DUE + timedelta(minutes=4)) == []
    assert begun.status() == "came"


def test_a_missing_file_is_told_once_and_so_is_its_coming(begun: Night) -> None:
    """At 06:00 it is not there, at 06:20 it comes: two notices, whatever sweeps follow."""
    assert begun.sweep(DUE + timedelta(minutes=5)) == ["landfall.file.missing"]
    assert begun.sweep(DUE + timedelta(minutes=10)) == []
    assert begun.status() == "missing"
    begun.drop(DUE + timedelta(minutes=20))
    assert begun.sweep(DUE + timedelta(minutes=25)) == ["landfall.file.late"]
    assert begun.sweep(DUE + timedelta(minutes=30)) == []
    missing, late = begun.client.events
    assert (missing["data"]["expected"], missing["data"]["came"]) == (1, 0)
    assert late["data"]["minutes_late"] == 20
    assert begun.status() == "late"


def test_a_late_file_counts_once(begun: Night) -> None:
    """It is Monday's, so that Tuesday's is missing."""
    begun.sweep(DUE + timedelta(minutes=5))
    begun.drop(DUE + HOUR)
    begun.sweep(DUE + 2 * HOUR)
    assert begun.sweep(DUE + 24 * HOUR) == ["landfall.file.missing"]


def test_a_holiday_is_silent(services: Services, tmp_path: Path) -> None:
    """Nothing is due on it."""
    calendar = tmp_path / "holidays.csv"
    calendar.write_text(f"{DUE:%Y-%m-%d}\n", encoding="utf-8")
    quiet = night(services, calendar=str(calendar))
    quiet.sweep(DUE - 10 * HOUR)
    assert quiet.sweep(DUE + HOUR) == []
    assert quiet.sweep(DUE + 25 * HOUR) == ["landfall.file.missing"]


def test_several_files_are_counted_without_repairs_and_versions(services: Services) -> None:
    """Two are due: one file, its newer version and a repair are one."""
    two = night(services, at_least=2)
    two.sweep(DUE - 10 * HOUR)
    twice = Source("landing", f"{two.route}/USMF/same.zip", "e")
    two.drop(DUE - 3 * HOUR, source=twice)
    two.drop(DUE - 2 * HOUR, source=twice)
    two.drop(DUE - HOUR, repairs="imp-1")
    assert two.sweep(DUE) == ["landfall.file.missing"]
    two.drop(DUE + HOUR)
    assert two.sweep(DUE + 2 * HOUR) == ["landfall.file.late"]
    assert two.client.events[-1]["data"]["came"] == 2


def test_a_refused_file_did_come(begun: Night) -> None:
    """It has no route, since nobody could read it."""
    begun.drop(DUE - HOUR, route=None, state=State.DONE, outcome=Outcome.REJECTED)
    assert begun.sweep(DUE) == []


def test_two_sweeps_at_once_tell_once(begun: Night) -> None:
    """Whoever writes the row tells of it."""
    first, second = Client(), Client()

    async def both() -> None:
        at = replace(begun.services, now=lambda: DUE + HOUR)
        await asyncio.gather(check_expected(at, first), check_expected(at, second))  # type: ignore[arg-type]

    asyncio.run(both())
    ids = {event["id"] for event in (*first.events, *second.events)}
    assert len(ids) == 1
    assert begun.sweep(DUE + 2 * HOUR) == []


def test_after_a_week_away_only_the_latest_is_told(begun: Night) -> None:
    """A month of notices helps nobody."""
    assert begun.sweep(DUE + 7 * 24 * HOUR + HOUR) == ["landfall.file.missing"]


def test_a_notice_that_could_not_start_is_started_later(begun: Night) -> None:
    """The host died between the row and the notice."""

    class Dead(Client):
        async def start_new(self, _name: str, _instance: str | None, _payload: dict[str, Any]) -> str:
            raise ConnectionError("gone")

    assert begun.sweep(DUE + HOUR, Dead()) == []
    assert begun.sweep(DUE + 2 * HOUR) == ["landfall.file.missing"]


def test_one_lost_file_makes_no_other_late(begun: Night) -> None:
    """Monday's never comes: Tuesday's, in time as every day, is Tuesday's, and nobody is told of it."""
    assert begun.sweep(DUE + HOUR) == ["landfall.file.missing"]
    for day in (1, 2, 3):
        due = DUE + day * 24 * HOUR
        begun.drop(due - timedelta(minutes=30))
        assert begun.sweep(due - timedelta(minutes=25)) == []
        assert begun.sweep(due + timedelta(minutes=5)) == []
    assert begun.status() == "came"


def test_a_file_that_nobody_has_read_yet_came(services: Services) -> None:
    """It lies in landing, in time, whether or not it has a run."""
    now = datetime.now(UTC)
    waiting = night(services, days="*", by=f"{now + 2 * HOUR:%H:%M}")
    assert waiting.sweep(now) == []
    blob = services.account.blob(f"landing/{waiting.route}/USMF/{uuid4().hex}.zip")
    blob.upload_blob(b"x")
    assert waiting.sweep(now + 2 * HOUR) == []
    assert waiting.status() == "came"
    blob.delete_blob()
