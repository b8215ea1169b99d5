"""Facts with one cause, together: fifty files that fail for one reason are one thing to tell."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from landfall.ledger.untold import Fact

VARYING = (
    re.compile(r"(?<!\w)(?:'[^']*'|\"[^\"]*\"|“[^”]*”|\u2018[^\u2019]*\u2019|`[^`]*`)"),  # quoted values
    re.compile(r"\S+\.(?:csv|txt|xml|xlsx|zip)\b", re.IGNORECASE),  # files
    re.compile(r"\b[\w-]*\d[\w.,:-]*"),  # numbers, ids, times
)
"""What differs between two reasons that are the same to a person."""


@dataclass
class Cause:
    """Facts that say the same of one thing each, the oldest first."""

    facts: list[Fact] = field(default_factory=list)

    @property
    def sources(self) -> list[str]:
        """The routes and exports that it concerns."""
        return sorted({each.source for each in self.facts if each.source})


def group_by_cause(facts: Iterable[Fact]) -> list[Cause]:
    """The facts by what they have in common; the most frequent cause first."""
    causes: dict[tuple[str, str], Cause] = {}
    for each in facts:
        causes.setdefault((each.what, common_part(each)), Cause()).facts.append(each)
    return sorted(causes.values(), key=lambda cause: -len(cause.facts))


def common_part(fact: Fact) -> str:
    """The reason without what differs from file to file: names, quoted values, ids, numbers."""
    text = fact.reason
    for name in (fact.subject, fact.subject.rpartition("/")[2]):
        text = text.replace(name, "…") if name else text
    for pattern in VARYING:
        text = pattern.sub("…", text)
    return text.casefold()
