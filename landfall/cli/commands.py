"""The commands of `landfall`: runs, show, rerun, deal-with, errors, drop, export and doctor."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from landfall.cli.app_api import AppApi, NotFoundError, Run, new_key
from landfall.cli.app_flags import AppFlags, RunFlags
from landfall.cli.asking import REPEAT, asking, exit_on_error
from landfall.cli.doctor import doctor
from landfall.cli.dropping import LANDING, drop, package_path
from landfall.cli.environments import hold_environment, list_environments, release_environment
from landfall.cli.fno.flags import with_flags
from landfall.cli.fno.showing import Progress, print_json
from landfall.cli.following import exit_code, follow
from landfall.cli.many import act_on_many, deal_with, save_errors
from landfall.cli.places import find_storage
from landfall.cli.run_options import OpenFailures, Reason, RequestKey, RunId, RunIds
from landfall.cli.showing import print_run, print_runs
from landfall.records import Outcome as RunOutcome
from landfall.records import State

HELP = """Use a deployed Landfall from a shell, or without --url the one that make up has started here.

Exit codes: 0 succeeded, 1 failed, 2 wrong usage, 3 some rows failed, 4 unknown: check before retrying. The app's key
comes from LANDFALL_KEY or a file, never from an argument, because everyone on the machine can see those.
"""
REPORTS = {"receipt": "receipt.json", "errors": "errors.csv", "repair": "repair.zip"}

app = typer.Typer(add_completion=False, no_args_is_help=True, help=HELP, pretty_exceptions_enable=False)


@app.command("runs")
@with_flags(AppFlags)
def list_runs(  # noqa: PLR0913  a command's options
    flags: AppFlags,
    *,
    state: Annotated[State | None, typer.Option(help="Only runs in this state.")] = None,
    outcome: Annotated[RunOutcome | None, typer.Option(help="Only runs with this outcome.")] = None,
    route: Annotated[str | None, typer.Option(help="Only imports of this route.")] = None,
    export: Annotated[str | None, typer.Option(help="Only runs of this export.")] = None,
    company: Annotated[str | None, typer.Option(help="Only runs of this company.")] = None,
    open_failures: OpenFailures = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many runs at most.")] = 25,
) -> None:
    """List the latest runs, newest first."""
    with asking(flags) as api:
        wanted = {"state": state, "outcome": outcome, "route": route, "export": export, "company": company}
        found = api.runs(limit, **wanted, open_failure="true" if open_failures else None)
    if flags.as_json:
        print_json(found)
    else:
        print_runs(found)


@app.command("show")
@with_flags(RunFlags)
def show_run(
    flags: RunFlags,
    *,
    run_id: RunId,
    save: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder to save receipt, refused rows and repair package in.")
    ] = None,
) -> None:
    """Show a run: its state, the reason, what became of its rows, and where its files are."""
    with asking(flags) as api:
        run = _follow(flags, api, run_id) if flags.wait else api.run(run_id)
        if save:
            _save(api, run_id, save)
    _end(flags, run)


@app.command("rerun")
@with_flags(RunFlags)
def rerun(  # noqa: PLR0913  a command's options
    flags: RunFlags,
    *,
    run_ids: RunIds,
    force: Annotated[bool, typer.Option("--force", help="Run it again although it succeeded; needs --reason.")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Continue an execution whose end nobody knows.")
    ] = False,
    reason: Reason = None,
    request: RequestKey = None,
) -> None:
    """Run failed imports again, under new execution IDs. Several need --reason, and are not waited for."""
    if force and not reason:
        raise typer.BadParameter("--force needs --reason. The run records it.")
    if len(run_ids) > 1:
        if force or take_over or flags.wait or not reason:
            raise typer.BadParameter("Several runs need --reason, and take no --force, --take-over or --wait.")
        act_on_many(flags, "rerun", run_ids, reason, request)
        return
    wishes = _given(force=force, take_over=take_over, reason=reason)
    _start(flags, request, lambda api, key: api.rerun(run_ids[0], wishes, key))


@app.command("export")
@with_flags(RunFlags)
def run_export(  # noqa: PLR0913  a command's options
    flags: RunFlags,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The export, as landfall.yaml names it.")],
    company: Annotated[str | None, typer.Option(help="The company, if the export has several.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Export everything, not only changes.")] = False,
    preview: Annotated[
        int | None, typer.Option(min=0, help="Export only a preview with this many rows of each entity; 0 means all.")
    ] = None,
    reason: Reason = None,
    request: RequestKey = None,
) -> None:
    """Run an export now."""
    wishes = _given(company=company, full=full, preview=preview, reason=reason)

    def ask(api: AppApi, key: str) -> Run:
        try:
            return api.run_export(name, wishes, key)
        except NotFoundError:
            names = ", ".join(str(each["name"]) for each in api.exports()) or "none"
            raise NotFoundError(f"No export named {name}. Available: {names}") from None

    _start(flags, request, ask)


@app.command("drop")
@with_flags(RunFlags)
def drop_file(
    flags: RunFlags,
    *,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="The file.")],
    company: Annotated[
        str | None, typer.Option(help="The company of a data package, which goes to packages/<company>/.")
    ] = None,
    path: Annotated[
        str | None, typer.Option(help="Landing path that a route matches, like files/USMF/Customer groups.csv.")
    ] = None,
    account_url: Annotated[
        str | None, typer.Option(help="The data account, like https://contoso.blob.core.windows.net, by your sign-in.")
    ] = None,
) -> None:
    """Upload a file to the landing container.

    Instead of --account-url, LANDFALL_STORAGE may hold a connection string or the account's address.
    """
    target = path or (package_path(file.name, company) if company and file.suffix.lower() == ".zip" else None)
    if target is None:
        raise typer.BadParameter("Set --company for a data package (zip), or --path for any other file.")
    with exit_on_error():
        storage = find_storage(account_url or os.environ.get("LANDFALL_STORAGE"))
        run_id = drop(storage, file, target)
    Progress().note(f"Uploaded {LANDING}/{target} as run {run_id}")
    if flags.wait:
        with asking(flags) as api:
            run = _follow(flags, api, run_id)
        _end(flags, run)
    elif flags.as_json:
        print_json({"container": LANDING, "name": target, "run_id": run_id})


app.command("deal-with")(with_flags(AppFlags)(deal_with))
app.command("errors")(with_flags(AppFlags)(save_errors))
app.command("environments")(with_flags(AppFlags)(list_environments))
app.command("hold")(with_flags(AppFlags)(hold_environment))
app.command("release")(with_flags(AppFlags)(release_environment))
app.command("doctor")(with_flags(AppFlags)(doctor))


def _given(**wishes: Any) -> dict[str, Any]:
    """Return the options that were given; the app decides about the others."""
    return {name: wish for name, wish in wishes.items() if wish is not None and wish is not False}


def _start(flags: RunFlags, request: str | None, ask: Callable[[AppApi, str], Run]) -> None:
    """Start a run, once whatever happens to the answer, and show it."""
    key = request or new_key()
    with asking(flags, REPEAT.format(key)) as api:
        run = ask(api, key)
        if flags.wait:
            run = _follow(flags, api, run["run_id"])
    _end(flags, run)


def _follow(flags: RunFlags, api: AppApi, run_id: str) -> Run:
    progress = Progress()
    progress.note(f"Run {run_id}")
    try:
        return follow(api, run_id, progress.say, seconds=flags.hours * 3600, clock=time.monotonic, sleep=time.sleep)
    finally:
        progress.stop()


def _save(api: AppApi, run_id: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in REPORTS.items():
        try:
            answer = api.report(run_id, name)
        except NotFoundError:
            continue
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        target = folder / (Path(file).with_suffix(".json").name if is_json else file)
        target.write_bytes(answer.content)
        Progress().note(f"Saved {target}")


def _end(flags: RunFlags, run: Run) -> None:
    """Print a run; exit by its outcome if this command waited for it."""
    if flags.as_json:
        print_json(run)
    else:
        print_run(run)
    raise typer.Exit(exit_code(run) if flags.wait else 0)
