"""Data projects: what they consist of."""

from landfall.fno.connection import Connection
from landfall.fno.models import ProjectEntity


class Projects(Connection):
    """What is known of data projects."""

    def project_entities(self, data_project: str) -> list[ProjectEntity]:
        """The entities of a data project; none when there is no such project (fno-behaviour 1.11)."""
        return self._rows(
            "DataManagementDefinitionGroupDetails",
            ("DefinitionGroupId", data_project),
            ProjectEntity.from_row,
            f"the entities of data project {data_project}",
        )
