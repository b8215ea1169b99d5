"""The command line starts an execution once, whatever happens to F&O's answers."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import requests

from landfall.cli.fno.desk import MAX_SILENT, Desk
from landfall.cli.fno.ends import CannotKnowError, NotStartedError
from landfall.cli.fno.starting import ConsoleStart
from landfall.fno.errors import UNKNOWN_AFTER_LOST_CALL, RefusedError
from landfall.fno.models import ExportRequest
from tests.unit.fno.conftest import Answer, Wire, Wired

LOOKS = 14
"""How often F&O is asked for an id in the grace time."""
TAKEN = Answer({"value": "ours"})
KNOWN = Answer({"value": "Executing"})
LOST = requests.ReadTimeout("lost")
AWAY = requests.ConnectTimeout("away")


def refusal(text: str) -> Answer:
    """Return a refusal of F&O's."""
    prefix = "Exception occurred while executing action X on Entity DataManagementDefinitionGroup: "
    return Answer({"error": {"message": "", "innererror": {"message": prefix + text}}}, 400)


UNKNOWN = refusal("Execution details were not found for execution id: ours")
BUSY = refusal("Deadlock, where one or more users have simultaneously locked the table")


@dataclass
class Trial:
    """A start of an export, on a clock that only sleeping moves."""

    wired: Wired
    now: float = 0.0
    said: list[str] = field(default_factory=list)
    brought: int = 0

    def __post_init__(self) -> None:
        """Wire the start to the trial."""
        desk = Desk(self.wired.client, self.said.append, seconds=lambda: self.now, sleep=self._sleep)
        self.start = ConsoleStart(
            desk,
            "ours",
            self._bring,
            lambda _: self.wired.client.export_package(ExportRequest("P", "ours", "USMF")),
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def _bring(self) -> str:
        self.brought += 1
        return "place"

    def asked(self) -> str:
        """Return F&O's requests, a letter each: s for a start, q for a status."""
        paths = [str(each.url) for each in self.wired.script.asked]
        return "".join("s" if path.endswith("ExportToPackage") else "q" for path in paths)


Try = Callable[..., Trial]


@pytest.fixture
def trial(wire: Wire) -> Try:
    """Return a function that makes a trial from F&O's answers."""
    return lambda *answers: Trial(wire(*answers))


def test_an_answer_is_an_answer(trial: Try) -> None:
    """A start that F&O answers takes one call and no question."""
    tried = trial(TAKEN)
    assert (tried.start.run(), tried.asked(), tried.now) == ("ours", "s", 0)


def test_the_id_that_fno_chose_counts(trial: Try) -> None:
    """If F&O answers another id, that one is watched."""
    assert trial(Answer({"value": "theirs"})).start.run() == "theirs"


def test_a_lost_answer_is_asked_for_before_anything_is_sent(trial: Try) -> None:
    """After a lost answer F&O is asked for the id, and nothing is sent again if F&O has it."""
    tried = trial(LOST, KNOWN)
    assert (tried.start.run(), tried.asked(), tried.brought) == ("ours", "sq", 1)


def test_an_unknown_id_is_started_again_after_the_grace_time(trial: Try) -> None:
    """An id that stays unknown for the grace time is started once more."""
    tried = trial(LOST, *[UNKNOWN] * LOOKS, TAKEN)
    assert tried.start.run() == "ours"
    assert tried.asked() == f"s{'q' * LOOKS}s"
    assert tried.now >= UNKNOWN_AFTER_LOST_CALL


def test_two_lost_calls_are_enough(trial: Try) -> None:
    """After two lost calls the outcome is unknown, because a third call might be a second execution."""
    tried = trial(LOST, *[UNKNOWN] * LOOKS, LOST, *[UNKNOWN] * LOOKS)
    with pytest.raises(CannotKnowError, match="asked 2 times"):
        tried.start.run()
    assert tried.asked().count("s") == 2
    assert tried.start.may_run


def test_a_refusal_after_a_lost_answer_may_mean_that_it_was_heard(trial: Try) -> None:
    """A second call that F&O refuses because of the first one is a start."""
    tried = trial(LOST, *[UNKNOWN] * LOOKS, refusal("no"), KNOWN)
    assert tried.start.run() == "ours"


def test_a_refusal_is_the_end(trial: Try) -> None:
    """A refusal means that nothing was started."""
    tried = trial(refusal("Data project P does not exist."))
    with pytest.raises(NotStartedError, match="Data project P does not exist"):
        tried.start.run()
    assert not tried.start.may_run


@pytest.mark.parametrize("answer", [Answer("", 403), Answer("", 302), Answer("", 404)])
def test_wrong_settings_are_the_end(trial: Try, answer: Answer) -> None:
    """Wrong settings mean that nothing was started."""
    tried = trial(answer)
    with pytest.raises(NotStartedError):
        tried.start.run()
    assert not tried.start.may_run


def test_another_import_is_waited_for(trial: Try) -> None:
    """A start waits for another import or export to end (fno-behaviour 5.9)."""
    tried = trial(BUSY, UNKNOWN, BUSY, UNKNOWN, TAKEN)
    assert (tried.start.run(), tried.asked()) == ("ours", "sqsqs")
    assert "busy with another import or export" in tried.said[0]


def test_throttling_is_waited_for_as_long_as_fno_says(trial: Try) -> None:
    """A start waits as long as a 429 says."""
    tried = trial(Answer("", 429, {"Retry-After": "40"}), TAKEN)
    assert (tried.start.run(), tried.now) == ("ours", 40)


def test_no_connection_means_not_started(trial: Try) -> None:
    """After some minutes without a connection nothing was started."""
    tried = trial(*[AWAY] * (MAX_SILENT + 1))
    with pytest.raises(NotStartedError, match="cannot connect"):
        tried.start.run()
    assert not tried.start.may_run
    assert 240 < tried.now < 600


def test_silence_after_a_lost_call_is_unknown(trial: Try) -> None:
    """If F&O goes away after a lost call, the execution may run."""
    tried = trial(LOST, *[AWAY] * MAX_SILENT)
    with pytest.raises(CannotKnowError):
        tried.start.run()
    assert tried.start.may_run


def test_a_broken_upload_starts_nothing(wire: Wire) -> None:
    """A failed upload starts nothing."""
    tried = Trial(wire())

    def bring() -> str:
        raise RefusedError("no", said="no")

    start = ConsoleStart(Desk(tried.wired.client, tried.said.append), "ours", bring, lambda _: "never")
    with pytest.raises(NotStartedError):
        start.run()
    assert not start.may_run
