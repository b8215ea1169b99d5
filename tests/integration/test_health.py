"""The health check reports a stopped sweeper, and failures without their secrets."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from landfall.services import Services
from web.health import Check, check

NOW = datetime(2026, 3, 1, 6, 2, tzinfo=UTC)


@dataclass
class Unreachable:
    """An F&O that cannot be reached."""

    @property
    def origin(self) -> str:
        """Fails with a message that holds a secret."""
        raise OSError("https://login/?client_secret=abc123 is away\nsecond line")


def checks(services: Services) -> dict[str, Check]:
    """The checks at NOW, by name."""
    fno = Unreachable()
    found = asyncio.run(check(replace(services, fno=fno, others={"emea": fno}, now=lambda: NOW)))  # type: ignore[arg-type,dict-item]
    assert found.status == "failing"
    return {each.name: each for each in found.checks}


def test_what_fails_is_named_without_its_secrets(services: Services) -> None:
    """Each environment has its own check, in one line; passing checks are listed too."""
    found = checks(services)
    failing = {name for name, each in found.items() if not each.ok}
    assert failing >= {"fno_token", "fno_metadata", "fno_token: emea", "fno_metadata: emea"}
    assert found["storage"].ok
    details = " ".join(each.detail for each in found.values())
    assert "is away" in details
    assert "abc123" not in details
    assert "second line" not in details


@pytest.mark.parametrize(("minutes", "ok"), [(1, True), (6, True), (8, False), (600, False)])
def test_a_sweeper_that_stands_still_is_noticed(services: Services, minutes: int, ok: bool) -> None:  # noqa: FBT001
    """One missing sweep may still be running; two missing sweeps fail the check."""
    services.ledger.sweeps.record(NOW - timedelta(minutes=minutes))
    assert checks(services)["sweep"].ok is ok


def test_what_is_left_out_is_named(services: Services) -> None:
    """Each mistake has its line; without any the check says so."""
    mistakes = ("landfall.yaml:3: imports.packages: one", "app settings: FNO_URL is not set")
    assert checks(services)["settings"].ok
    found = checks(replace(services, mistakes=mistakes))["settings"]
    assert not found.ok
    assert found.detail == "\n".join(mistakes)


def test_an_app_without_an_environment_answers(services: Services) -> None:
    """There is no F&O to check, and the rest is checked."""
    found = asyncio.run(check(replace(services, fno=None, mistakes=("app settings: FNO_URL is not set",))))
    assert {each.name for each in found.checks} == {"settings", "storage", "sweep", "functions"}
    assert found.status == "failing"


def test_a_function_that_the_host_has_disabled_is_named(services: Services) -> None:
    """A run that called it told the sweeper; the check passes again when no run misses one."""
    services.ledger.sweeps.record(NOW, ["intake"])
    assert "the host has disabled intake" in checks(services)["functions"].detail
    services.ledger.sweeps.record(NOW)
    assert checks(services)["functions"].ok
