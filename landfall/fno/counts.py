"""Whether F&O's Succeeded holds: what became of the rows that were sent, entity by entity."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from landfall.fno.models import EntityResult
from landfall.fno.redaction import listed


@dataclass(frozen=True)
class Tally:
    """One entity: F&O's result (None where it has none) and the rows sent (None where they cannot be counted)."""

    entity: str
    result: EntityResult | None
    counted: int | None

    @property
    def sent(self) -> int:
        """Rows sent, by the highest count: ours may miss what F&O takes for a row, F&O's what it did not stage."""
        rows = self.counted or 0
        if self.result is None:
            return rows
        rows = max(rows, self.result.to_process, self.result.staged)
        return rows if self.counted is not None else max(rows, self.written)

    @property
    def written(self) -> int:
        """Rows that reached the target."""
        return self.result.created + self.result.updated if self.result else 0

    def arrived(self, *, executes: bool) -> int:
        """Rows that got as far as they should: into the target, or with execute=false into staging."""
        staged = self.result.staged if self.result else 0
        return self.written if executes else staged


@dataclass(frozen=True)
class Doubt:
    """Why an import is no success although F&O says so: rows are missing, all of them, or F&O wrote too many."""

    kind: Literal["some missing", "all missing", "too many"]
    reason: str


def tally(results: Iterable[EntityResult], counted: Mapping[str, int | None]) -> list[Tally]:
    """F&O's results beside the rows counted in the package. Labels are compared without case.

    An entity that only one side knows is in the list as well.
    """
    rows = {label.casefold(): (label, number) for label, number in counted.items()}
    found = []
    for each in results:
        _, number = rows.pop(each.entity.casefold(), ("", None))
        found.append(Tally(each.entity, each, number))
    return found + [Tally(label, None, number) for label, number in rows.values()]


def doubt_of(tallies: Sequence[Tally], *, executes: bool) -> Doubt | None:
    """Why F&O's Succeeded does not hold; None when every row sent is accounted for.

    F&O calls an import without a mapping Succeeded although it loaded nothing (fno-behaviour 2.12).
    """
    if not any(each.arrived(executes=executes) for each in tallies):
        staged = executes and any(each.result and each.result.staged for each in tallies)
        did = "staged the rows and wrote none of them" if staged else "staged no row of this package"
        return Doubt("all missing", f"F&O says Succeeded, but {did}. Check the mapping.")
    complaints = [text for each in tallies if (text := _complaint(each, executes=executes))]
    if complaints:
        return Doubt("some missing", f"F&O says Succeeded, but {listed(complaints, '; ', 200)}.")
    surplus = [
        f"{arrived} rows of {each.entity}, of which {each.sent} were sent"
        for each in tallies
        if (arrived := each.arrived(executes=executes)) > each.sent
    ]
    if surplus:
        return Doubt("too many", f"F&O says that it wrote {listed(surplus, longest=200)}. Look at what it wrote.")
    return None


def _complaint(each: Tally, *, executes: bool) -> str:
    if each.result is None and each.counted != 0:
        return f"it has no result for {each.entity}"
    missing = each.sent - each.arrived(executes=executes)
    if missing > 0:
        return f"{missing} of {each.sent} rows of {each.entity} are missing"
    if each.counted is None and not each.arrived(executes=executes):
        return f"it loaded no row of {each.entity}"
    return ""
