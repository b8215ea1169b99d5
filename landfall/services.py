"""What the app uses outside itself: storage, ledger and F&O, created once from the settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from landfall.config.environments import Fno
from landfall.config.notices import Receiver
from landfall.config.people import Audience
from landfall.config.plan import Plan, Submission
from landfall.config.settings import settings
from landfall.fno import EntraTokens, FnoClient, Pause, Timeouts
from landfall.fno.errors import NotSentError
from landfall.ledger.ledger import Ledger
from landfall.ledger.pauses import SharedPause
from landfall.people.sending import mail_token, no_mail_token
from landfall.polling import Pace
from landfall.records import Run, Terms, utc_now
from landfall.storage import fno_files
from landfall.storage.account import DataAccount
from landfall.telemetry import Denied, emit


@dataclass(frozen=True)
class Services:
    """The services of activities and of the HTTP API; tests pass their own.

    `fno` is the environment that the FNO_* settings describe, `others` are those that landfall.yaml names; one that is
    left out is missing. `mistakes` says, a line each, what is left out and why.
    """

    plan: Plan
    account: DataAccount
    ledger: Ledger
    fno: FnoClient | None
    notices: tuple[Receiver, ...] = ()
    now: Callable[[], datetime] = utc_now
    others: Mapping[str, FnoClient] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()
    people: tuple[Audience, ...] = ()
    app_url: str = ""
    mail_token: Callable[[], str] = no_mail_token

    @property
    def environments(self) -> dict[str, FnoClient]:
        """The clients of all environments that are not left out, by name."""
        return ({"": self.fno} if self.fno else {}) | dict(self.others)

    def fno_of(self, run: Run) -> FnoClient:
        """The client of a run's environment.

        Raises VanishedError when landfall.yaml has the environment no more, and NotSentError while it is left out: then
        the run waits, as for an F&O that is away.
        """
        name = run.environment
        if client := self.environments.get(name):
            return client
        if name and name not in self.plan.environments:
            raise self.plan.missing("environments", name)
        raise NotSentError(f"The environment {name or 'of FNO_URL'} is left out. GET /api/health says why.")

    def terms_of(self, run: Run) -> Terms:
        """What landfall.yaml said when the run's attempt began.

        For a run of a release that did not keep it: what the file says now; raises what `Plan.missing` returns.
        """
        if run.terms:
            return run.terms
        return (self.plan.route(run.route) if run.kind == "import" else self.plan.export(run.export)).terms()

    def files_of(self, run: Run) -> fno_files.FnoFiles:
        """The file storage of a run's environment; raises as `fno_of` does."""
        transfer = self.plan.transfer
        return fno_files.files_of(self.fno_of(run), transfer.hosts, transfer.copy_mode, self.account.read_grant)

    def pace(self, lane: str) -> Pace:
        """How often to look at an execution in this lane, by how long earlier ones took."""
        return replace(self.plan.polling.pace, past=self.ledger.durations.of(lane))


@cache
def app_services() -> Services:
    """This process's services; raises SettingsError."""
    configured = settings()
    account = DataAccount(configured.storage)
    account.make_containers()
    table = account.ledger_table()
    ledger = Ledger(table)
    ledger.build_lists()
    clients = {
        name: fno_client(each, configured.plan.submission, pause=SharedPause(table, name or "fno"))
        for name, each in configured.environments.items()
    }
    return Services(
        plan=configured.plan,
        account=account,
        ledger=ledger,
        fno=clients.pop("", None),
        others=clients,
        notices=configured.notices,
        mistakes=configured.mistakes,
        people=configured.people,
        app_url=configured.app_url,
        mail_token=mail_token(configured.storage.client_id),
    )


def fno_client(fno: Fno, submission: Submission, *, pause: Pause | None = None) -> FnoClient:
    """A client of an environment, which reports refused access to the log."""
    return FnoClient(
        fno.origin,
        EntraTokens(fno.origin, fno.identity),
        ca_bundle=fno.ca_bundle,
        denied=lambda tried: emit(Denied(tried=tried)),
        timeouts=Timeouts(submission=submission.answer_seconds),
        pause=pause,
        asynchronous=submission.action == "auto",
    )
