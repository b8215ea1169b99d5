"""The gate's queue: one holder per lane, one caller per environment, in the order of landing, and no run starves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from landfall.gate_queue import Hold, Queue, Ticket, place_in_line

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def ticket(run: str, lane: str = "a", since: str | None = None, *, calls: bool = True, asked: datetime = NOW) -> Ticket:
    """A ticket; runs land in the order of their names unless `since` says otherwise."""
    return Ticket(run, lane, since or run, calls, asked)


def entered(queue: Queue, *tickets: Ticket) -> tuple[Queue, list[str]]:
    """The queue after these tickets asked, and the runs that were granted their lane."""
    granted = []
    for each in tickets:
        queue, goes = queue.enter(each)
        granted += [each.run] * goes
    return queue, granted


def test_a_lane_has_one_holder() -> None:
    """The second run waits until the first has left."""
    queue, granted = entered(Queue(), ticket("1"), ticket("2"))
    assert granted == ["1"]
    assert entered(queue.end_call("1"), ticket("2"))[1] == []
    assert entered(queue.leave("1"), ticket("2"))[1] == ["2"]


def test_one_call_is_made_at_a_time() -> None:
    """A run of another lane waits until the call is over, not until the run is."""
    queue, granted = entered(Queue(), ticket("1", "a"), ticket("2", "b"))
    assert granted == ["1"]
    assert entered(queue.end_call("1"), ticket("2", "b"))[1] == ["2"]


def test_each_environment_takes_its_own_calls() -> None:
    """A call to one environment delays none to another; within one environment calls go one by one."""
    tickets = [
        replace(ticket(run, lane), environment=where)
        for run, lane, where in (
            ("1", "a", ""),
            ("2", "uat: a", "uat"),
            ("3", "uat: b", "uat"),
            ("4", "b", ""),
        )
    ]
    queue, granted = entered(Queue(), *tickets)
    assert granted == ["1", "2"]
    assert (queue.blockers(tickets[2]), queue.blockers(tickets[3])) == (["2"], ["1"])
    assert entered(queue.end_call("2"), tickets[2], tickets[3])[1] == ["3"]


def test_exports_wait_for_their_lane_only() -> None:
    """A run that does not call ImportFromPackage goes beside one that does."""
    assert entered(Queue(), ticket("1", "a"), ticket("2", "b", calls=False))[1] == ["1", "2"]


def test_the_order_is_that_of_landing() -> None:
    """When the lane is free, the file that landed first goes first, whichever run asks first."""
    queue, _ = entered(Queue(), ticket("1"), ticket("3"), ticket("2"))
    queue = queue.leave("1")
    assert entered(queue, ticket("3"))[1] == []
    assert entered(queue, ticket("2"))[1] == ["2"]


def test_a_blocked_run_delays_no_other_lane() -> None:
    """A run whose lane is taken does not keep a later run of another lane from calling."""
    queue, _ = entered(Queue(), ticket("1", "a"), ticket("2", "a"))
    assert entered(queue.end_call("1"), ticket("3", "b"))[1] == ["3"]


def test_asking_again_keeps_the_place() -> None:
    """A run is in the queue once, however often it asks, and a holder may ask too."""
    queue, _ = entered(Queue(), ticket("1"), ticket("2"), ticket("2"), ticket("3"), ticket("2"))
    assert [each.run for each in queue.waiting] == ["2", "3"]
    assert queue.enter(ticket("1")) == (queue, True)


def test_a_silent_run_keeps_its_place() -> None:
    """Its messages may lie with a host that was killed. Whether it lives is looked up, not guessed from the time."""
    queue, _ = entered(Queue(), ticket("1"), ticket("2"))
    queue = queue.leave("1")
    late = ticket("3", asked=NOW + timedelta(hours=1))
    assert entered(queue, late)[1] == []
    assert queue.enter(late)[0].blockers(late) == ["2"]
    assert entered(queue.leave("2"), late)[1] == ["3"]


def test_leaving_frees_lane_call_and_place() -> None:
    """A run that leaves gives up its lane, its call and its place."""
    queue, _ = entered(Queue(), ticket("1"), ticket("2"))
    assert queue.leave("1").leave("2") == Queue()


def test_the_degree_limits_calls() -> None:
    """With two calls allowed, the third lane waits until one of the two is over."""
    a, b, c = (replace(ticket(run, run), degree=2) for run in ("1", "2", "3"))
    queue, granted = entered(Queue(), a, b, c)
    assert granted == ["1", "2"]
    assert queue.blockers(c) == ["1", "2"]
    assert entered(queue.end_call("1"), c)[1] == ["3"]


def test_nobody_goes_in_a_held_lane() -> None:
    """Other lanes go on, and a run that waits for the hold is told of no other run to wait for."""
    queue = Queue().hold(Hold("a", "it failed", "0"))
    queue, granted = entered(queue, ticket("1", "a"), ticket("2", "b"))
    assert granted == ["2"]
    assert queue.leave("2").blockers(ticket("1", "a")) == ["1"]
    assert entered(queue.leave("2").release("a"), ticket("1", "a"))[1] == ["1"]


def test_a_further_attempt_passes_the_hold_of_its_run() -> None:
    """The failed file may be run again while the lane is held for it, and its success releases the lane."""
    queue = Queue().hold(Hold("a", "it failed", "0"))
    queue, granted = entered(queue, ticket("1"), ticket("0.2"))
    assert granted == ["0.2"]
    assert entered(queue.leave("0.2"), ticket("1"))[1] == []
    assert entered(queue.succeed("0.2"), ticket("1"))[1] == ["1"]


def test_a_persons_hold_lets_nobody_pass() -> None:
    """A hold without a run stops every run."""
    assert entered(Queue().hold(Hold("a", "by hand")), ticket("1"), ticket(""))[1] == []


def test_skipping_passes_over_what_blocks_the_lane() -> None:
    """It passes over the failed run that holds the lane, else the first waiting run, which then leaves the queue."""
    held = Queue().hold(Hold("a", "it failed", "0"))
    assert held.skip("a") == Queue()
    queue, _ = entered(Queue(), ticket("1"), ticket("2"), ticket("3"))
    assert queue.skip("a").skipped == ("2",)
    assert queue.skip("b") == queue
    assert queue.skip("a").leave("2").skipped == ()


def test_a_canceled_run_is_passed_over_wherever_it_is() -> None:
    """A waiting run is woken to hear it, a later one hears it when it asks, and the entry disappears with the run."""
    queue, _ = entered(Queue(), ticket("1"), replace(ticket("2"), event="go", waiter="w2"))
    passed = queue.pass_over("2").pass_over("2").pass_over("3")
    assert passed.skipped == ("2", "3")
    assert passed.wake()[1] == {"w2": "go"}
    assert passed.leave("2").leave("3").skipped == ()


def test_a_canceled_run_holds_no_lane() -> None:
    """A failure holds the lane, but not of a run that a person did not want to be sent."""
    queue, _ = entered(Queue(), ticket("1"))
    failure = Hold("a", "it was canceled", "1")
    assert queue.fail(failure).holds == {"a": failure}
    assert queue.pass_over("1").fail(failure) == Queue()


def test_forgiving_lets_the_lane_go_on_and_leaves_its_holder_in_it() -> None:
    """A person who says how a run ended frees the runs behind it, and not an execution that may still be running."""
    queue, _ = entered(Queue(), ticket("1.2"))
    held = queue.hold(Hold("a", "nobody knows", "1"))
    assert held.forgive("1") == queue
    assert held.forgive("2") == held


def test_files_of_one_second_go_by_their_names() -> None:
    """Storage knows landing times to the second; within a second, the names decide."""
    later = NOW + timedelta(seconds=1)
    places = [place_in_line(NOW, "b.csv"), place_in_line(NOW, "a.csv"), place_in_line(later, "a.csv")]
    assert sorted(places) == [places[1], places[0], places[2]]


LANES = st.sampled_from(["a", "b", "c"])
RUNS = st.lists(st.tuples(LANES, st.booleans()), min_size=1, max_size=7)
ACTS = st.lists(
    st.tuples(st.sampled_from(["enter", "called", "leave", "fail", "release"]), st.integers(0, 6)),
    max_size=60,
)
DEGREES = st.integers(1, 3)


class Model:
    """What the runs themselves know: who holds a lane, who is calling, who waits."""

    def __init__(self, runs: list[tuple[str, bool]], degree: int = 1) -> None:
        self.tickets = [
            replace(ticket(str(n), lane, calls=calls), degree=degree) for n, (lane, calls) in enumerate(runs)
        ]
        self.degree = degree
        self.held: set[str] = set()
        self.queue = Queue()
        self.waiting: set[str] = set()
        self.holding: dict[str, Ticket] = {}
        self.calling: set[str] = set()
        self.over: set[str] = set()

    def act(self, act: str, number: int) -> None:
        """One run does something it can do; the model checks the answer against all other runs."""
        mine = self.tickets[number % len(self.tickets)]
        if act == "enter" and mine.run not in self.over:
            self.enter(mine)
        elif act == "called" and mine.run in self.calling:
            self.queue = self.queue.end_call(mine.run)
            self.calling.discard(mine.run)
        elif act == "leave" and mine.run in self.holding:
            self.queue = self.queue.leave(mine.run)
            self.holding.pop(mine.run)
            self.calling.discard(mine.run)
            self.over.add(mine.run)
        elif act == "fail" and mine.run in self.holding:
            self.queue = self.queue.hold(Hold(mine.lane, "it failed", mine.run))
            self.held.add(mine.lane)
            self.act("leave", number)
        elif act == "release":
            self.queue = self.queue.release(mine.lane)
            self.held.discard(mine.lane)

    def enter(self, mine: Ticket) -> None:
        """Ask for the lane, and check the answer."""
        self.queue, granted = self.queue.enter(mine)
        if not granted:
            self.waiting.add(mine.run)
            assert self.queue.blockers(mine), "a run that waits must hear for whom"
            assert mine.run not in self.queue.blockers(mine) or mine.lane in self.held
            assert mine.run not in self.holding
        elif mine.run not in self.holding:
            assert mine.lane not in {each.lane for each in self.holding.values()}, "two holders of a lane"
            assert not (mine.calls and len(self.calling) >= self.degree), "too many calls at once"
            assert mine.lane not in self.held, "a held lane goes on"
            earlier = [each for each in self.tickets if each.run in self.waiting and each.since < mine.since]
            assert mine.lane not in {each.lane for each in earlier}, "overtaken in its lane"
            self.waiting.discard(mine.run)
            self.holding[mine.run] = mine
            if mine.calls:
                self.calling.add(mine.run)


@given(RUNS, ACTS, DEGREES)
@settings(max_examples=400)
def test_no_interleaving_breaks_the_rules(
    runs: list[tuple[str, bool]], acts: list[tuple[str, int]], degree: int
) -> None:
    """In any order of actions: one holder per lane, calls within the degree, no overtaking, held lanes stay held."""
    model = Model(runs, degree)
    for act, number in acts:
        model.act(act, number)
        assert set(model.queue.holders.values()) == set(model.holding)
        assert set(model.queue.callers) == model.calling


@given(RUNS, ACTS)
@settings(max_examples=400)
def test_nobody_starves(runs: list[tuple[str, bool]], acts: list[tuple[str, int]]) -> None:
    """From any state of the queue, all runs get their turn if runs ask, call and leave."""
    model = Model(runs)
    for act, number in acts:
        model.act(act, number)
    for _ in runs:
        for act in ("release", "enter", "called", "leave"):
            for number in range(len(runs)):
                model.act(act, number)
    assert model.over == {each.run for each in model.tickets}


@given(RUNS, ACTS)
@settings(max_examples=400)
def test_ready_runs_are_the_ones_that_may_go(runs: list[tuple[str, bool]], acts: list[tuple[str, int]]) -> None:
    """Each run that the queue names as ready is granted its lane, and no other run would be."""
    model = Model(runs)
    for act, number in acts:
        model.act(act, number)
    named = {each.run for each in model.queue.ready()}
    for each in model.queue.waiting:
        assert model.queue.enter(each)[1] is (each.run in named)
    assert all(model.queue.enter(replace(each, asked=NOW))[1] for each in model.queue.ready())
