"""Prints progress to stderr and results to stdout, both without secrets and control characters."""

import json
import re
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from landfall.cli.fno.ends import End, Outcome
from landfall.fno.messages import Message
from landfall.fno.redaction import scrub

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that F&O or a file name may hold and a terminal would obey."""
COLOURS = {Outcome.SUCCEEDED: "green", Outcome.FAILED: "red", Outcome.PARTLY: "yellow", Outcome.UNKNOWN: "magenta"}
PLAIN_WIDTH = 170
"""Columns where the output is not a terminal; rich would take 80 and break ids."""


def clean(text: str) -> str:
    """Return the text without secrets and control characters."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", scrub(text))


def cleaned(data: Any) -> Any:
    """Return plain data with every text in it cleaned."""
    if isinstance(data, dict):
        return {key: cleaned(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [cleaned(each) for each in data]
    return clean(data) if isinstance(data, str) else data


def console(*, stderr: bool = False) -> Console:
    """Return a console on stdout or stderr, wide enough for ids where it is not a terminal."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


class Progress:
    """Shows on stderr what is going on: one line that is redrawn in a terminal, else a line per change."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._status = Status("", console=self._console)
        self._last = ""

    def say(self, text: str) -> None:
        """Show what is going on now."""
        if self._console.is_terminal:
            self._status.start()
            self._status.update(escape(clean(text)))
        elif (kind := re.sub(r"\d.*", "", text)) != self._last:
            self._last = kind
            self.note(text)

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(clean(text), markup=False, soft_wrap=True)

    def stop(self) -> None:
        """Remove the line."""
        self._status.stop()


def print_json(data: Any) -> None:
    """Print data as JSON to stdout."""
    print(json.dumps(cleaned(data), ensure_ascii=False, indent=2))  # noqa: T201  what the command is for


def print_end(end: End) -> None:
    """Print how a command ended, for people."""
    out = console()
    word = f"[{COLOURS[end.outcome]}]{end.outcome.upper()}[/]"
    status = f" (F&O: {end.status})" if end.status else ""
    out.print(f"{word}{escape(clean(status))}", soft_wrap=True)
    if end.reason:
        out.print(clean(end.reason), markup=False, soft_wrap=True)
    if end.entities:
        table = Table("Entity", "In the file", "Staged", "Created", "Updated", "Staging", "Target")
        for each in end.entities:
            numbers = (each.to_process, each.staged, each.created, each.updated)
            statuses = (each.staging_status, each.target_status)
            table.add_row(*(escape(clean(str(cell))) for cell in (each.entity, *numbers, *statuses)))
        out.print(table)
    print_messages(end.messages)
    if end.package:
        out.print(f"Package: {clean(end.package)}", markup=False, soft_wrap=True)


def print_messages(messages: tuple[Message, ...]) -> None:
    """Print F&O's messages, for people."""
    if messages:
        table = Table("Record", "Field", "What F&O says")
        for each in messages:
            table.add_row(*(escape(clean(cell)) for cell in (each.record, each.field, each.text)))
        console().print(table)
