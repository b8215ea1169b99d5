"""Files in landing are touched, replaced, leased and deleted while the app is killed and its landfall.yaml changes."""

from pathlib import Path

import pytest

from tests.e2e.site import run_site
from tests.faults.landing_play import Play
from tests.faults.landing_promises import broken
from tests.faults.landing_schedules import BEFORE, SECONDS, Schedule

SEEDS = (0, 1, 2, 11)
"""Each seed is a schedule of its own; these meet most kinds of strikes, and the first leaves a lease for good."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_touches_landing_all_promises_hold(tmp_path: Path, seed: int) -> None:
    """Nothing is lost, nothing is imported twice, nothing overtakes, and every file is where its receipt says."""
    plan = tmp_path / "own.yaml"
    plan.write_text(BEFORE, encoding="utf-8")
    settings = {
        "LANDFALL_FILE": str(plan),
        "LANDFALL__SWEEPER__SCHEDULE": "*/3 * * * * *",
        "LANDFALL__SWEEPER__PATIENCE_SECONDS": "3",
        "LANDFALL__SUBMISSION__GRACE_SECONDS": "3",
    }
    with run_site(tmp_path / "site", **settings) as site:
        site.switch(durations=SECONDS)
        play = Play(site, plan, Schedule(seed))
        play.run()
        play.settle()
        print(f"struck {dict(play.struck)}, missed {dict(play.missed)}")  # noqa: T201  pytest shows it when it fails
        assert broken(play) == []
        assert play.missed.total() < play.struck.total() / 3
