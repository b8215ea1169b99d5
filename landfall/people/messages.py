"""A message to people, as Teams and mailboxes both show it: a title, and a group for each cause."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from landfall.fno.redaction import listed, shorten
from landfall.ledger.file_labels import FileLabel
from landfall.ledger.untold import Fact
from landfall.people.causes import Cause, group_by_cause
from landfall.records import Outcome

DASHBOARD = "/api/dashboard"
SHOWN_CAUSES = 12
SHOWN_SUBJECTS = 3
LONGEST_REASON, LONGEST_SUBJECT = 400, 100
"""Characters of a text that somebody else wrote."""
ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=@)|(?<=\.)(?=[^\W\d])(?!(?:csv|txt|xml|xlsx)\b)", re.IGNORECASE)
"""Where a text is broken that programs may take for an address and make a link of: some read june.zip as one."""
OUTCOMES: dict[str, str] = {
    Outcome.PARTIALLY_SUCCEEDED: "Partly succeeded",
    Outcome.NEEDS_ATTENTION: "Needs attention",
}
"""Outcomes that people read in other words."""


@dataclass(frozen=True)
class Link:
    """An address of the app, and what is there."""

    title: str
    url: str


@dataclass(frozen=True)
class Group:
    """One cause: what happened how often, why, to what, and where to look."""

    heading: str
    reason: str
    subjects: tuple[str, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Message:
    """A message; `rest` says how much it leaves out, empty for nothing."""

    title: str
    groups: tuple[Group, ...]
    rest: str = ""


def message_of(facts: Sequence[Fact], app_url: str, most: int = SHOWN_CAUSES) -> Message:
    """The message that tells these facts, with at most so many causes; without links where `app_url` is empty."""
    causes = group_by_cause(facts)
    left = causes[most:]
    times = sum(len(cause.facts) for cause in left)
    rest = f"And {_count(len(left), 'more cause')}, {_count(times, 'time')} in all." if left else ""
    title = _heading(causes[0]) if len(causes) == 1 else f"{len(facts):,} reports, {len(causes):,} causes"
    return Message(f"Landfall: {title}", tuple(_group(cause, app_url) for cause in causes[:most]), rest)


def plain(text: str, longest: int) -> str:
    """A text of somebody else's on one line, in visible characters, of which no program makes a link."""
    visible = "".join(each if each.isprintable() else " " for each in shorten(text, longest))
    return ADDRESS.sub("\u200b", visible)


def _group(cause: Cause, app_url: str) -> Group:
    first = cause.facts[0]
    subjects = [plain(each.subject, LONGEST_SUBJECT) for each in cause.facts[:SHOWN_SUBJECTS]]
    more = len(cause.facts) - len(subjects)
    return Group(
        _heading(cause),
        plain(first.reason, LONGEST_REASON),
        (*subjects, *([f"and {more:,} more"] if more else [])),
        tuple(_links(cause, app_url)) if app_url else (),
    )


def _heading(cause: Cause) -> str:
    what = OUTCOMES.get(cause.facts[0].what, cause.facts[0].what)
    times = f", {len(cause.facts):,} times" if len(cause.facts) > 1 else ""
    return f"{what}{times}" + (f" ({plain(listed(cause.sources), LONGEST_SUBJECT)})" if cause.sources else "")


def _links(cause: Cause, app_url: str) -> list[Link]:
    runs = [each for each in cause.facts if each.run_id]
    if not runs:
        return [Link("Open the dashboard", f"{app_url}{DASHBOARD}")]
    found = []
    if len(runs) > 1:
        name = {"name": cause.sources[0]} if len(cause.sources) == 1 else {}
        query = urlencode({"status": runs[0].what, **name, "period": "7d"})
        found.append(Link(f"See the {len(runs):,} runs", f"{app_url}{DASHBOARD}?{query}"))
    page = f"{app_url}{DASHBOARD}/runs/{quote(runs[0].run_id, safe='')}"
    found.append(Link("Open the first run" if found else "Open the run", page))
    if runs[0].has_repair:
        found.append(Link("Get its repair.zip", f"{page}/files/{FileLabel.REPAIR}"))
    return found


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
