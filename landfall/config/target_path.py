"""Where exports go: path templates of the target container."""

from dataclasses import dataclass
from datetime import UTC, datetime

PREVIEWS = "preview"
"""Folder of the target container for previews, which are not deliveries."""
DELIVERING = "_delivering"
"""Folder of the target container for packages that are still being copied and checked."""


@dataclass(frozen=True)
class Slot:
    """The moment that an export run is for. `request` is the request's hash when a person asked for the run."""

    moment: datetime
    request: str | None = None

    def __str__(self) -> str:
        """The slot as paths show it, in UTC: `20260301T060000Z`, for a request with the start of its hash."""
        moment = f"{self.moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{moment}-{self.request[:8]}" if self.request else moment


def project_name(template: str, company: str) -> str:
    """A data project's name with {company} filled in; KeyError for any other placeholder."""
    return template.format_map({"company": company})


def target_path(template: str, *, export: str, company: str, slot: Slot) -> str:
    """The path of one run's package; KeyError for an unknown placeholder."""
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
