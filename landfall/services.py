"""The app's way to everything outside it, put together once from the settings."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from landfall.fno import EntraTokens, FnoClient, Pause, Timeouts
from landfall.ledger import Ledger
from landfall.notices import Target
from landfall.pauses import SharedPause
from landfall.plan import Plan, Submission
from landfall.polling import Pace
from landfall.records import utc_now
from landfall.settings import Fno, settings
from landfall.storage import DataAccount
from landfall.telemetry import Denied, emit


@dataclass(frozen=True)
class Services:
    """What activities and the HTTP API work with; tests pass their own.

    `mistakes` says, a line each, which exports of landfall.yaml are left out, and why.
    """

    plan: Plan
    account: DataAccount
    ledger: Ledger
    fno: FnoClient
    notices: tuple[Target, ...] = ()
    now: Callable[[], datetime] = utc_now
    mistakes: str = ""

    def pace(self, data_project: str) -> Pace:
        """How eagerly to look at an execution of this data project, by how long earlier ones took."""
        return replace(self.plan.polling.pace, past=self.ledger.durations.of(data_project))


@cache
def services() -> Services:
    """This process's services; SettingsError when a setting is wrong."""
    known = settings()
    account = DataAccount(known.storage)
    account.make_containers()
    table = account.ledger_table()
    ledger = Ledger(table)
    ledger.build_lists()
    return Services(
        plan=known.plan,
        account=account,
        ledger=ledger,
        fno=fno_client(known.fno, known.plan.submission, pause=SharedPause(table)),
        notices=known.notices,
        mistakes=known.mistakes,
    )


def fno_client(fno: Fno, submission: Submission, *, pause: Pause | None = None) -> FnoClient:
    """A client of the configured environment, as the configured identity, that starts executions as configured."""
    return FnoClient(
        fno.origin,
        EntraTokens(fno.origin, fno.identity),
        ca_bundle=fno.ca_bundle,
        denied=lambda tried: emit(Denied(tried=tried)),
        timeouts=Timeouts(submission=submission.answer_seconds),
        pause=pause,
        asynchronous=submission.action == "auto",
    )
