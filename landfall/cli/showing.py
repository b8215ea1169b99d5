"""Prints runs for people."""

from collections.abc import Iterable
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from landfall.cli.app_api import Run
from landfall.cli.fno.showing import clean, console

TABLE_WIDTH = 140
"""Columns that a table of runs needs."""


def print_runs(runs: Iterable[Run]) -> None:
    """Print runs as a table; where that is too wide, as an id and a line of facts each. No id is cut or wrapped."""
    out = console()
    table = Table(Column("Run", no_wrap=True), "State", "Route or export", "Company", "File", "Started")
    for run in runs:
        run_id, *facts = map(_cell, _facts(run))
        table.add_row(run_id, *facts)
        if out.width < TABLE_WIDTH:
            out.print(f"{run_id}\n  {', '.join(filter(None, facts))}", soft_wrap=True)
    if out.width >= TABLE_WIDTH:
        out.print(table)


def print_run(run: Run) -> None:
    """Print everything about a run."""
    out = console()
    out.print(f"{clean(run['run_id'])}: {_status(run)}", markup=False, soft_wrap=True)
    for message in (run.get("reason"), run.get("warning")):
        if message:
            out.print(clean(message), markup=False, soft_wrap=True)
    named = ("route", "export", "company", "data_project", "attempt", "execution_id", "execution_page")
    source = run.get("source") or {}
    dealt = run.get("dealt_with") or {}
    known = {"file": source.get("name"), **{name: run.get(name) for name in named}, "repairs": run.get("repairs")}
    known["dealt with"] = dealt.get("why") or dealt.get("run_id")
    for name, value in {**known, **run.get("times", {}), **run.get("files", {})}.items():
        if value is not None:
            out.print(f"{_cell(name):<15} {_cell(value)}", soft_wrap=True)
    if run.get("entities"):
        table = Table("Entity", "Staged", "Created", "Updated", "Failed")
        for each in run["entities"]:
            table.add_row(*(_cell(each[name]) for name in ("entity", "staged", "created", "updated", "failed")))
        out.print(table)


def _facts(run: Run) -> tuple[Any, ...]:
    source, where = run.get("source") or {}, run.get("route") or run.get("export")
    return (run["run_id"], _status(run), where, run.get("company"), source.get("name"), _started(run))


def _status(run: Run) -> str:
    return clean(str(run.get("outcome") or run["state"]))


def _started(run: Run) -> str:
    return min(run.get("times", {}).values(), default="")[:19].replace("T", " ")


def _cell(value: Any) -> str:
    return "" if value is None else escape(clean(str(value)))
