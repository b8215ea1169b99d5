"""Where exports go: path templates of the target container."""

from datetime import UTC, datetime


def target_path(template: str, *, export: str, company: str, slot: datetime) -> str:
    """The path of one run's package; KeyError for a placeholder that does not exist."""
    moment = slot.astimezone(UTC)
    return template.format_map(
        {
            "export": export,
            "company": company,
            "yyyy": f"{moment:%Y}",
            "MM": f"{moment:%m}",
            "dd": f"{moment:%d}",
            "slot": f"{moment:%Y%m%dT%H%M%SZ}",
        }
    )
