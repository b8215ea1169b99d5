"""What a monitor is told of a sweeper that stands still, and of what fails without its secrets."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from landfall.services import Services
from web.health import Check, look

NOW = datetime(2026, 3, 1, 6, 2, tzinfo=UTC)


@dataclass
class Unreachable:
    """An F&O that nobody can ask."""

    @property
    def origin(self) -> str:
        """Fails, as whoever wants to know where it is finds out."""
        raise OSError("https://login/?client_secret=abc123 is away\nsecond line")


def checks(services: Services) -> dict[str, Check]:
    """What is found a little after six, by name."""
    fno = Unreachable()
    found = asyncio.run(look(replace(services, fno=fno, others={"emea": fno}, now=lambda: NOW)))  # type: ignore[arg-type,dict-item]
    assert found.status == "failing"
    return {each.name: each for each in found.checks}


def test_what_fails_is_named_without_its_secrets(services: Services) -> None:
    """Each environment by itself, in one line; what is well is said too."""
    found = checks(services)
    failing = {name for name, each in found.items() if not each.ok}
    assert failing >= {"fno_token", "fno_metadata", "fno_token: emea", "fno_metadata: emea"}
    assert found["storage"].ok
    said = " ".join(each.detail for each in found.values())
    assert "is away" in said
    assert "abc123" not in said
    assert "second line" not in said


@pytest.mark.parametrize(("minutes", "ok"), [(1, True), (6, True), (8, False), (600, False)])
def test_a_sweeper_that_stands_still_is_noticed(services: Services, minutes: int, ok: bool) -> None:  # noqa: FBT001
    """One sweep may be under way; when two are missing something is wrong."""
    services.ledger.sweeps.record(NOW - timedelta(minutes=minutes))
    assert checks(services)["sweep"].ok is ok
