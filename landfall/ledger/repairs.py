"""Repairs: what the end of a file that corrects a run's refused rows means for that run."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from landfall.ledger.ledger import Ledger, RunNotFoundError
from landfall.records import LANDED, Dealt, Outcome, Run, State

CARRIED = {Outcome.SUCCEEDED, Outcome.PARTIALLY_SUCCEEDED, Outcome.FAILED}
"""The outcomes of a repair whose rows F&O has counted: each is in, or is the repair's own failure."""
SECOND = timedelta(seconds=1)
"""Storage cuts the time at which a file landed to whole seconds."""


def settle_repaired(ledger: Ledger, repair: Run, now: datetime) -> None:
    """Link the run that an ending repair corrects, and deal with it if the repair has all its refused rows.

    Rows that F&O refuses again are the repair's own failure. When a later attempt of the repair ends without the rows,
    the corrected run is open again. A second call changes nothing.
    """

    def alter(run: Run) -> Run:
        linked = with_repair(run, repair.run_id)
        if has_rows_of(repair, run):
            return replace(linked, dealt_with=Dealt(now, run_id=repair.run_id)) if run.is_open_failure else linked
        by_this = run.dealt_with is not None and run.dealt_with.run_id == repair.run_id
        return replace(linked, dealt_with=None) if by_this else linked

    if repair.repairs:
        with suppress(RunNotFoundError):  # the file's metadata may name any run
            ledger.change(repair.repairs, None, alter)


def with_repair(run: Run, repair_id: str) -> Run:
    """The run with a link to a repair of it."""
    return run if repair_id in run.repaired_by else replace(run, repaired_by=(*run.repaired_by, repair_id))


def has_rows_of(repair: Run, run: Run) -> bool:
    """Whether a repair had at least as many rows of each entity as F&O refused of the run's present attempt.

    A repair that lacks some leaves the run open, because nobody knows whether those were left out on purpose.
    """
    if run.outcome in {None, Outcome.NEEDS_ATTENTION} or repair.outcome not in CARRIED:
        return False
    if repair.times[LANDED] + SECOND < run.times.get(State.DONE, repair.times[LANDED]):
        return False  # it corrects rows of an earlier attempt
    executed = repair.terms is None or repair.terms.execute
    sent = Counter[str]()
    for each in repair.entities:
        sent[each.entity.casefold()] += (each.created + each.updated if executed else each.staged) + each.failed
    refused = {each.entity.casefold(): each.failed for each in run.entities if each.failed}
    return bool(refused) and all(sent[entity] >= rows for entity, rows in refused.items())
