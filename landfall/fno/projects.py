"""Data projects: what they consist of, and in which order."""

import re
from collections.abc import Iterable

from landfall.fno.connection import Connection
from landfall.fno.errors import NoAnswerError
from landfall.fno.models import EntityPlace, ProjectEntity

PLACE = re.compile(r"(?P<entity>.+?)-(?P<unit>\d{1,9})-(?P<level>\d{1,9})-(?P<sequence>\d{1,9})(?:,|$)")
"""`<label>-<unit>-<level>-<sequence>,`; a label may hold hyphens and commas itself."""


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

    def entity_sequence(self, entities: Iterable[str]) -> list[EntityPlace]:
        """The order in which F&O would import entities, given by label (fno-behaviour 9.9)."""
        labels = ",".join(entities)
        said = str(self._act("GetEntitySequence", {"listOfDataEntities": labels}) or "")
        places = [
            EntityPlace(each["entity"], int(each["unit"]), int(each["level"]), int(each["sequence"]))
            for each in PLACE.finditer(said)
        ]
        if said and not places:
            raise NoAnswerError(f"GetEntitySequence for {labels}: F&O's answer names no order")
        return places
