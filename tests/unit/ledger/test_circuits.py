"""When a circuit opens and closes: pure rules, without the table that stores them."""

from datetime import UTC, datetime, timedelta

from landfall.ledger.circuits import APART, PASSES_WITHIN, SAME_OUTAGE, Circuit

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_definite_failure_opens_it_at_once() -> None:
    """A refused token or a 403 is no matter of patience; the first reason stays."""
    opened = Circuit().fail("403", NOW, passing=False)
    assert (opened.is_open, opened.reason, opened.since) == (True, "403", NOW)
    assert opened.fail("401", NOW + SECOND, passing=False) == opened


def test_a_failure_that_may_pass_opens_it_when_it_lasts() -> None:
    """F&O that restarts a server closes nothing; two minutes without any answer do, counted from the first."""
    circuit, moment = Circuit(), NOW
    while moment - NOW < PASSES_WITHIN:
        circuit = circuit.fail("503", moment, passing=True)
        assert not circuit.is_open
        moment += timedelta(seconds=15)
    assert circuit.fail("503", moment, passing=True).since == NOW


def test_an_answer_between_two_failures_counts() -> None:
    """What fails now and then is no outage, and so are failures between which nobody has asked."""
    once = Circuit().fail("503", NOW, passing=True)
    later = NOW + PASSES_WITHIN
    assert not once.answer().fail("503", later, passing=True).is_open
    assert not once.fail("503", NOW + APART, passing=True).is_open


def test_an_answer_does_not_close_an_open_one() -> None:
    """Only a probe, or a person, closes it: one read that got through may be from before."""
    opened = Circuit().fail("403", NOW, passing=False)
    assert opened.answer() == opened


def test_an_outage_that_was_not_over_is_the_same() -> None:
    """The probe got through and the next file did not: since when, the probes' pace and the notice stay."""
    opened = Circuit().fail("403", NOW, passing=False)
    told = Circuit(**{**vars(opened), "told": True, "tries": 5})
    again = told.close(NOW + SECOND).fail("302", NOW + 2 * SECOND, passing=False)
    assert (again.is_open, again.since, again.told, again.tries, again.reason) == (True, NOW, True, 5, "302")
    much_later = told.close(NOW).fail("302", NOW + SAME_OUTAGE, passing=False)
    assert (much_later.since, much_later.told, much_later.tries) == (NOW + SAME_OUTAGE, False, 0)


def test_a_person_holds_it_and_nobody_is_told() -> None:
    """A hold stands through failures, and what fails after its release is an outage of its own."""
    held = Circuit().hold("Ann", "upgrade", NOW)
    assert (held.is_open, held.who, held.told) == (True, "Ann", True)
    assert held.fail("503", NOW, passing=False) == held
    released = held.close(NOW + SECOND)
    assert not released.is_open
    assert not released.fail("403", NOW + 2 * SECOND, passing=False).told
