"""A run as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from landfall.file_labels import FileLabel
from landfall.records import Action, Run
from web.dashboard.advice import Advice, advice
from web.dashboard.bars import Bar, bars
from web.dashboard.listing import title
from web.dashboard.offers import Offers, offers
from web.dashboard.timeline import Timeline, timeline
from web.dashboard.words import count, moment

DOWNLOADS = {FileLabel.RECEIPT: "Receipt", FileLabel.ERRORS: "errors.csv", FileLabel.REPAIR: "repair.zip"}
"""What a person may take from a run, by the label of a run's files."""


@dataclass(frozen=True)
class RunPage:
    """`facts` stand beside the status, `details` are terms with their values, `downloads` labels with names."""

    run: Run
    folder: str
    name: str
    said: Advice
    facts: tuple[str, ...]
    timeline: Timeline
    bars: tuple[Bar, ...]
    downloads: tuple[tuple[str, str], ...]
    execution_page: str | None
    details: tuple[tuple[str, str], ...]
    offers: Offers
    history: tuple[tuple[datetime, str, str], ...]
    """What people did: when, the same in words, and who did what and why."""


def run_page(run: Run, now: datetime) -> RunPage:
    """One run as it stands."""
    folder, name = title(run)
    page = run.execution_page or ""
    return RunPage(
        run,
        folder,
        name,
        advice(run.state, run.outcome),
        tuple(fact for fact in (run.company, run.data_project, run.route, f"attempt {run.attempt}") if fact),
        timeline(run, now),
        bars(run.entities),
        tuple((label, words) for label, words in DOWNLOADS.items() if label in run.files),
        page if page.startswith(("https://", "http://")) else None,
        tuple(_details(run)),
        offers(run),
        tuple((each.at, moment(each.at, now), _told(each)) for each in run.history),
    )


def _told(action: Action) -> str:
    return f"{action.who} {action.what}" + (f": {action.why}" if action.why else "")


def _details(run: Run) -> list[tuple[str, str]]:
    source = run.source
    known = {
        "Run": run.run_id,
        "Execution": run.execution_id,
        "Size": count(source.size, "byte") if source and source.size is not None else None,
        "SHA-256": source.sha256 if source else None,
        "Archived": run.files.get(FileLabel.ARCHIVE),
        "Delivered": run.files.get(FileLabel.PACKAGE),
        "Repairs": run.repairs,
        "Parts": ", ".join(part.name for part in run.parts),
        "Changed on the way": "; ".join(run.changes),
    }
    return [(term, value) for term, value in known.items() if value]
