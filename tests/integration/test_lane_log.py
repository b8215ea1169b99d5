"""The log of what people did about lanes tells which hold may still be on its way to the gate."""

from datetime import timedelta
from uuid import uuid4

import pytest

from landfall.ledger.lane_log import LaneAction, LaneLog
from landfall.ledger.ledger import Ledger
from landfall.records import utc_now
from landfall.storage.account import DataAccount
from web.lanes import ON_ITS_WAY, is_about_to_be_held


@pytest.fixture
def log(account: DataAccount) -> LaneLog:
    """The log of this account."""
    return Ledger(account.ledger_table()).lane_log


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ((), False),
        (("hold",), True),
        (("hold", "skip"), True),
        (("hold", "release"), False),
        (("hold", "release", "hold"), True),
    ],
)
def test_a_hold_of_this_moment_may_be_on_its_way(log: LaneLog, done: tuple[str, ...], *, expected: bool) -> None:
    """The latest hold or release of the lane decides, however many other lanes people act on."""
    lane, now = uuid4().hex, utc_now()
    for place, what in enumerate(done):
        at = now - timedelta(seconds=len(done) - place)
        log.add(LaneAction(at, lane, "Kim", what))
        log.add(LaneAction(at, f"{lane}-other", "Kim", "release"))
    assert is_about_to_be_held(log, lane) is expected


def test_an_old_hold_has_arrived(log: LaneLog) -> None:
    """A hold of some minutes ago is in the gate, or over."""
    lane = uuid4().hex
    log.add(LaneAction(utc_now() - ON_ITS_WAY * 2, lane, "Kim", "hold"))
    assert not is_about_to_be_held(log, lane)
