"""Which events concern whom, and what of an event people are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from landfall.config.people import PARTIAL, PeopleRule
from landfall.fno.redaction import scrub, shorten
from landfall.ledger.file_labels import FileLabel
from landfall.ledger.untold import Fact
from landfall.notices import RUN_ENDED
from landfall.records import SLOT, Outcome, PublicRun, from_json

WORDS = {Outcome.FAILED: "failed", Outcome.REJECTED: "failed", Outcome.NEEDS_ATTENTION: "needs_attention"}
"""The word in `when` for an outcome; PartiallySucceeded has several."""


def concerns(rule: PeopleRule, event: Mapping[str, Any]) -> bool:
    """Whether the people of a rule are told of an event."""
    about = event["data"]
    sources = {*rule.routes, *rule.exports}
    if rule.environments and about.get("environment") not in {None, *rule.environments}:
        return False
    if is_run(event):
        run = from_json(PublicRun, about)
        chosen = run.route in rule.routes if run.kind == "import" else run.export in rule.exports
        return (chosen or not sources) and _is_told(rule, run)
    name = about.get("route") or about.get("export")
    return rule.events and (not sources or not name or name in sources)


def is_run(event: Mapping[str, Any]) -> bool:
    """Whether an event is a run's end."""
    return bool(event["type"] == RUN_ENDED)


def fact_of(event: Mapping[str, Any]) -> Fact:
    """What people are told of an event, in texts of a bounded length and without secrets."""
    about, at = event["data"], datetime.fromisoformat(event["time"])
    if not is_run(event):
        what = event["type"].removeprefix("landfall.").replace(".", " ").replace("_", " ").capitalize()
        name = str(about.get("route") or about.get("export") or "")
        return Fact(event["id"], at, _clean(what), _clean(event["subject"]), _clean(about.get("reason")), _clean(name))
    run = from_json(PublicRun, about)
    slot = run.times.get(SLOT)
    subject = run.source.name if run.source else f"{run.export} {run.company} {slot:%Y-%m-%d %H:%M}" if slot else ""
    return Fact(
        event["id"],
        at,
        str(run.outcome),
        _clean(subject or run.run_id),
        _clean(run.reason),
        _clean(run.route or run.export),
        run.run_id,
        FileLabel.REPAIR in run.files,
    )


def _is_told(rule: PeopleRule, run: PublicRun) -> bool:
    if run.outcome == Outcome.PARTIALLY_SUCCEEDED:
        limits = [float(found[1] or 0) for word in rule.when if (found := PARTIAL.fullmatch(word))]
        return bool(limits) and _percent_failed(run) > min(limits)
    return run.outcome is not None and WORDS.get(run.outcome) in rule.when


def _percent_failed(run: PublicRun) -> float:
    """How many percent of the rows did not arrive; 100 where nobody counted them."""
    failed = sum(each.failed for each in run.entities)
    rows = failed + sum(each.created + each.updated for each in run.entities)
    return 100 * failed / rows if failed else 100


def _clean(text: object) -> str:
    return shorten(scrub(str(text or "")))
