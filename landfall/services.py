"""What the app uses outside itself: storage, ledger and F&O, created once from the settings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from landfall.config.behaviour import Submission
from landfall.config.environments import Fno
from landfall.config.freezes import window_at
from landfall.config.notices import Receiver
from landfall.config.people import Audience
from landfall.config.plan import Plan
from landfall.config.settings import settings
from landfall.fno import EntraTokens, FnoClient, Timeouts
from landfall.fno.concerns import Concern, concern_of
from landfall.fno.errors import FnoError, NotSentError
from landfall.ledger.circuits import Circuits
from landfall.ledger.ledger import Ledger
from landfall.ledger.pauses import SharedPause
from landfall.people.sending import mail_token, no_mail_token
from landfall.polling import Pace
from landfall.records import UNNAMED, Closure, Run, State, Terms, utc_now
from landfall.storage import fno_files
from landfall.storage.account import DataAccount


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

    def closure(self, environment: str) -> Closure | None:
        """Why nothing may go to an environment now: its circuit is open, or it is frozen; None when runs may go."""
        circuit = self.ledger.circuits.get(environment)
        if circuit.is_open:
            return Closure(environment, circuit.reason, circuit.since or self.now(), held_by=circuit.who)
        if window := window_at(self.plan.freeze, environment, self.now()):
            return Closure(environment, window.reason, window.begins, until=window.ends, excepted=window.excepted)
        return None

    def with_waits(self, runs: Iterable[Run]) -> list[Run]:
        """The runs; those that wait because nothing may go to their environment have that as their reason."""
        closures: dict[str, Closure | None] = {}
        found = []
        for run in runs:
            if run.state == State.WAITING and not run.outcome:
                if run.environment not in closures:
                    closures[run.environment] = self.closure(run.environment)
                closure = closures[run.environment]
                if closure and (run.route or run.export) not in closure.excepted:
                    found.append(replace(run, reason=closure.words))
                    continue
            found.append(run)
        return found

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
    now = configured.now
    ledger = Ledger(table, now)
    ledger.build_lists()
    clients = {
        name: fno_client(
            each,
            configured.plan.submission,
            pause=SharedPause(table, name or UNNAMED, now),
            heard=partial(note, ledger.circuits, name),
        )
        for name, each in configured.environments.items()
    }
    return Services(
        plan=configured.plan,
        account=account,
        ledger=ledger,
        fno=clients.pop("", None),
        others=clients,
        notices=configured.notices,
        now=now,
        mistakes=configured.mistakes,
        people=configured.people,
        app_url=configured.app_url,
        mail_token=mail_token(configured.storage.client_id),
    )


def note(circuits: Circuits, environment: str, error: FnoError | None, tried: str = "") -> None:
    """Note in an environment's circuit that F&O has answered, or that it failed for a reason of its own."""
    concern = concern_of(error) if error else Concern.FILE
    failure = None if concern == Concern.FILE else str(error).removeprefix(f"{tried}: " if tried else "")
    circuits.note(environment, failure, passing=concern == Concern.PASSING)


def fno_client(fno: Fno, submission: Submission, **shared: Any) -> FnoClient:
    """A client of an environment; `shared` are FnoClient's `pause` and `heard`, where hosts share them."""
    return FnoClient(
        fno.origin,
        EntraTokens(fno.origin, fno.identity),
        ca_bundle=fno.ca_bundle,
        timeouts=Timeouts(submission=submission.answer_seconds),
        asynchronous=submission.action == "auto",
        **shared,
    )
