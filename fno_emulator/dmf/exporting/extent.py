"""How much of a project to export."""

from dataclasses import dataclass, replace

from fno_emulator.dmf.model.manifest import EntityDefinition

INCREMENTAL = "IncrementalPush"


@dataclass(frozen=True)
class Extent:
    """The part of a project that a caller wants to export."""

    rows: int = 0
    """The number of rows in a preview; 0 exports all rows."""
    labels: str = ""
    """Labels of entities, separated by commas; "" exports all entities."""
    changes: bool = False
    """Whether to export changes only, even if the project exports everything."""
    again: bool = False
    """Whether the caller asks for another run under a used execution id."""

    def select(self, entities: tuple[EntityDefinition, ...]) -> tuple[EntityDefinition, ...]:
        """The entities of a project that are to be exported."""
        wanted = {one.strip().lower() for one in self.labels.split(",") if one.strip()}
        chosen = [one for one in entities if not wanted or one.entity.lower() in wanted]
        return tuple(replace(one, refresh=INCREMENTAL) if self.changes else one for one in chosen)


ALL = Extent()
