"""Prints runs for people."""

from collections.abc import Iterable
from typing import Any

from rich.markup import escape
from rich.table import Table

from landfall.cli.app_api import Run
from landfall.cli.fno.showing import clean, console


def print_runs(runs: Iterable[Run]) -> None:
    """Print runs as a table."""
    table = Table("Run", "State", "Route or export", "Company", "File", "Started")
    for run in runs:
        source = run.get("source") or {}
        where = run.get("route") or run.get("export")
        cells = (run["run_id"], _status(run), where, run.get("company"), source.get("name"), _started(run))
        table.add_row(*map(_cell, cells))
    console().print(table)


def print_run(run: Run) -> None:
    """Print everything about a run."""
    out = console()
    out.print(f"{clean(run['run_id'])}: {_status(run)}", markup=False, soft_wrap=True)
    for message in (run.get("reason"), run.get("warning")):
        if message:
            out.print(clean(message), markup=False, soft_wrap=True)
    facts = Table(show_header=False, box=None)
    named = ("route", "export", "company", "data_project", "attempt", "execution_id", "execution_page")
    source = run.get("source") or {}
    known = {"file": source.get("name"), **{name: run.get(name) for name in named}}
    for name, value in {**known, **run.get("times", {}), **run.get("files", {})}.items():
        if value is not None:
            facts.add_row(_cell(name), _cell(value))
    out.print(facts, soft_wrap=True)
    if run.get("entities"):
        table = Table("Entity", "Staged", "Created", "Updated", "Failed")
        for each in run["entities"]:
            table.add_row(*(_cell(each[name]) for name in ("entity", "staged", "created", "updated", "failed")))
        out.print(table)


def _status(run: Run) -> str:
    return clean(str(run.get("outcome") or run["state"]))


def _started(run: Run) -> str:
    return min(run.get("times", {}).values(), default="")[:19].replace("T", " ")


def _cell(value: Any) -> str:
    return "" if value is None else escape(clean(str(value)))
