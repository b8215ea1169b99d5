"""What all parts of the framework share: database, catalogue, blobs, clock, settings and folder."""

from dataclasses import dataclass, field
from pathlib import Path

from fno_emulator.blobs.store import BlobStore
from fno_emulator.blobs.urls import SignedUrls
from fno_emulator.clock import Clock, stamp
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
    urls: SignedUrls
    clock: Clock
    settings: Settings
    folder: Path
    looks: Looks = field(default_factory=Looks)

    @property
    def packages(self) -> Path:
        """The folder of imported packages, each unpacked to a folder of its own."""
        return self.folder / "packages"

    def now(self) -> str:
        """The emulated time as a time stamp."""
        return stamp(self.clock.now())

    def members(self, label: str) -> tuple[Entity, ...]:
        """The entities behind a label: the members of a composite, or the entity itself."""
        found = self.catalogue.composite(label)
        return found.members if found else (self.entity(label),)

    def entity(self, label: str) -> Entity:
        """The entity with that label.

        Raises:
            EntityFailed: the catalogue no longer has the entity that a project names.
        """
        found = self.catalogue.by_label(label)
        if found is None:
            raise EntityFailed(f"Entity {label} does not exist in the target environment")
        return found
