"""Whether F&O's Succeeded holds: what became of the rows that were sent, entity by entity."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from landfall.fno import EntityResult
from landfall.records import EntityCounts, Finding, Outcome


@dataclass(frozen=True)
class Tally:
    """One entity: F&O's result (None where it has none) and the rows sent (None where they cannot be counted)."""

    entity: str
    result: EntityResult | None
    counted: int | None

    @property
    def sent(self) -> int:
        """Rows sent, by the highest count: ours may miss what F&O takes for a row, F&O's what it did not stage."""
        known = self.counted or 0
        if self.result is None:
            return known
        known = max(known, self.result.to_process, self.result.staged)
        return known if self.counted is not None else max(known, self.written)

    @property
    def written(self) -> int:
        """Rows that reached the target."""
        return self.result.created + self.result.updated if self.result else 0

    def arrived(self, *, executes: bool) -> int:
        """Rows that got as far as they should: into the target, or with execute=false into staging."""
        staged = self.result.staged if self.result else 0
        return self.written if executes else staged


def tally(results: Iterable[EntityResult], counted: Mapping[str, int | None]) -> list[Tally]:
    """F&O's results beside the rows counted in the package; labels are compared without case.

    An entity of either side that the other does not know is there as well.
    """
    rows = {label.casefold(): (label, number) for label, number in counted.items()}
    found = []
    for each in results:
        _, number = rows.pop(each.entity.casefold(), ("", None))
        found.append(Tally(each.entity, each, number))
    return found + [Tally(label, None, number) for label, number in rows.values()]


def entity_counts(tallies: Sequence[Tally], *, executes: bool) -> tuple[EntityCounts, ...]:
    """What the receipt says: whatever was sent and did not arrive has failed."""
    counts = []
    for each in tallies:
        staged, created, updated = (
            (each.result.staged, each.result.created, each.result.updated) if each.result else (0, 0, 0)
        )
        failed = max(0, each.sent - each.arrived(executes=executes))
        counts.append(EntityCounts(each.entity, staged, created, updated, failed))
    return tuple(counts)


def verdict(tallies: Sequence[Tally], *, executes: bool) -> Finding | None:
    """None when every row sent is accounted for; else what a run is that F&O calls Succeeded.

    F&O calls an import without a mapping Succeeded although it loaded nothing (fno-behaviour 2.12).
    """
    if not any(each.arrived(executes=executes) for each in tallies):
        staged = executes and any(each.result and each.result.staged for each in tallies)
        said = (
            "F&O staged the rows and wrote none to its target"
            if staged
            else "F&O staged no row of this package"
        )
        return Finding(Outcome.FAILED, said)
    complaints = [said for each in tallies for said in _complaints(each, executes=executes)]
    if complaints:
        return Finding(Outcome.PARTIALLY_SUCCEEDED, f"F&O says Succeeded, but {'; '.join(complaints)}")
    surplus = [each for each in tallies if each.arrived(executes=executes) > each.sent]
    if surplus:
        numbers = ", ".join(
            f"{each.arrived(executes=executes)} rows of {each.entity}, of which {each.sent} were sent"
            for each in surplus
        )
        return Finding(Outcome.NEEDS_ATTENTION, f"F&O says that it wrote {numbers}; look at what it wrote")
    return None


def _complaints(each: Tally, *, executes: bool) -> list[str]:
    if each.result is None and each.counted != 0:
        return [f"it has no result of {each.entity}"]
    missing = each.sent - each.arrived(executes=executes)
    if missing > 0:
        return [f"{missing} of {each.sent} rows of {each.entity} are missing"]
    if each.counted is None and not each.arrived(executes=executes):
        return [f"it loaded no row of {each.entity}"]
    return []
