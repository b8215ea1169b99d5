"""Where exports go: path templates of the target container."""

from dataclasses import dataclass
from datetime import UTC, datetime

PREVIEWS = "preview"
"""Folder of the target container for previews, which are no deliveries."""
DELIVERING = "_delivering"
"""Folder of the target container where packages lie until they are known to be whole."""


@dataclass(frozen=True)
class Slot:
    """What an export fills: a moment of its schedule, or one that a person asked for; `request` is that one's hash."""

    moment: datetime
    request: str | None = None

    def __str__(self) -> str:
        """As it stands in paths and in ids of runs, in UTC."""
        moment = f"{self.moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{moment}-{self.request[:8]}" if self.request else moment


def project_name(template: str, company: str) -> str:
    """A data project's name, where {company} stands for the company; KeyError for another placeholder."""
    return template.format_map({"company": company})


def target_path(template: str, *, export: str, company: str, slot: Slot) -> str:
    """The path of one run's package; KeyError for a placeholder that does not exist."""
    moment = slot.moment.astimezone(UTC)
    return template.format_map(
        {
            "export": export,
            "company": company,
            "yyyy": f"{moment:%Y}",
            "MM": f"{moment:%m}",
            "dd": f"{moment:%d}",
            "slot": str(slot),
        }
    )
