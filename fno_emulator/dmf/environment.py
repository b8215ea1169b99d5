"""What every part of the engine needs: the environment's database, entities, time, switches and files."""

from dataclasses import dataclass, field
from pathlib import Path

from fno_emulator.blobs.store import BlobStore
from fno_emulator.clock import Clock
from fno_emulator.dmf.database import Database
from fno_emulator.dmf.durations import Looks
from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.model.catalogue import Catalogue, Entity
from fno_emulator.settings import Settings


@dataclass(frozen=True)
class Environment:
    """One F&O environment."""

    database: Database
    catalogue: Catalogue
    blobs: BlobStore
    clock: Clock
    settings: Settings
    folder: Path
    looks: Looks = field(default_factory=Looks)

    @property
    def packages(self) -> Path:
        """Where imported packages are unpacked, a folder each."""
        return self.folder / "packages"

    def members(self, label: str) -> tuple[Entity, ...]:
        """The entities behind a label: a composite's members, else the one."""
        found = self.catalogue.composite(label)
        return found.members if found else (self.entity(label),)

    def entity(self, label: str) -> Entity:
        """The entity of that label.

        Raises:
            EntityFailed: the catalogue changed under a project that names it.
        """
        found = self.catalogue.by_label(label)
        if found is None:
            raise EntityFailed(f"Entity {label} does not exist in the target environment")
        return found
