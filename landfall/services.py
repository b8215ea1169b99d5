"""The app's way to everything outside it, put together once from the settings."""

from dataclasses import dataclass
from functools import cache

from landfall.fno import EntraTokens, FnoClient, Identity
from landfall.fno.client import Timeouts
from landfall.ledger import Ledger
from landfall.plan import Plan
from landfall.settings import Fno, settings
from landfall.storage import DataAccount


@dataclass(frozen=True)
class Services:
    """What activities and the HTTP API work with; tests pass their own."""

    plan: Plan
    account: DataAccount
    ledger: Ledger
    fno: FnoClient


@cache
def services() -> Services:
    """This process's services; SettingsError when a setting is wrong."""
    known = settings()
    account = DataAccount(known.storage)
    account.make_containers()
    return Services(
        plan=known.plan,
        account=account,
        ledger=Ledger(account.ledger_table()),
        fno=fno_client(known.fno, answer_seconds=known.plan.submission.answer_seconds),
    )


def fno_client(fno: Fno, *, answer_seconds: float) -> FnoClient:
    """A client of the configured environment, as the configured identity."""
    identity = Identity(
        tenant=fno.tenant,
        client_id=fno.client_id,
        client_secret=fno.client_secret,
        authority=fno.authority,
        ca_bundle=fno.ca_bundle,
    )
    return FnoClient(
        fno.origin, EntraTokens(fno.origin, identity), timeouts=Timeouts(submission=answer_seconds)
    )
