"""The environment: what it runs, and its list of entities."""

from landfall.fno.connection import Connection
from landfall.fno.models import Versions

ENTITIES = "DataManagementEntities"


class Environment(Connection):
    """What is known of the environment, and done to it, as a whole."""

    def versions(self) -> Versions:
        """What the environment runs: three actions of the entity list (fno-behaviour 1.17)."""
        return Versions(
            application=str(self._act("GetApplicationVersion", of=ENTITIES) or ""),
            application_build=str(self._act("GetApplicationBuildVersion", of=ENTITIES) or ""),
            platform_build=str(self._act("GetPlatformBuildVersion", of=ENTITIES) or ""),
        )

    def refresh_entities(self, *, wait: bool = True) -> None:
        """Have F&O refresh its list of entities; without `wait` it does so after it has answered."""
        action = "InitializeDataManagement" if wait else "InitializeDataManagementAsync"
        self._act(action, timeout=self._timeouts.submission)
