"""The commands: runs, show, rerun, drop and export."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from azure.core.exceptions import AzureError

from landfall.cli.app_api import ApiError, AppApi, NotFoundError, Run, SilentError, new_key
from landfall.cli.dropping import LANDING, drop, package_path
from landfall.cli.fno.ends import EXIT_CODES, USAGE, Outcome
from landfall.cli.fno.flags import taking
from landfall.cli.fno.showing import Progress, print_json
from landfall.cli.following import NoRunError, exit_code, follow
from landfall.cli.places import PlaceError, find_storage
from landfall.cli.showing import print_run, print_runs
from landfall.cli.site import Journey, Site
from landfall.records import Outcome as RunOutcome
from landfall.records import State

HELP = """A deployed Landfall from a shell; without --url the one that make up has started here.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some rows failed, 4 unknown: look before doing it again. The app's key
comes from LANDFALL_KEY or a file, never from an argument, which everybody on the machine can see.
"""
REPORTS = {"receipt": "receipt.json", "errors": "errors.csv", "repair": "repair.zip"}

app = typer.Typer(add_completion=False, no_args_is_help=True, help=HELP, pretty_exceptions_enable=False)

RunId = Annotated[str, typer.Argument(metavar="ID", help="The run.")]
Reason = Annotated[str | None, typer.Option(help="Why; it is recorded.")]
RequestKey = Annotated[
    str | None,
    typer.Option("--request", help="Repeat an earlier request: the same id does nothing a second time."),
]


@app.command("runs")
@taking(Site)
def list_runs(  # noqa: PLR0913  a command's options
    site: Site,
    *,
    state: Annotated[State | None, typer.Option(help="Only runs in this state.")] = None,
    outcome: Annotated[RunOutcome | None, typer.Option(help="Only runs that ended so.")] = None,
    route: Annotated[str | None, typer.Option(help="Only imports of this route.")] = None,
    export: Annotated[str | None, typer.Option(help="Only runs of this export.")] = None,
    company: Annotated[str | None, typer.Option(help="Only runs of this company.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 25,
) -> None:
    """List the latest runs, the newest first."""
    with _asking(site) as api:
        found = api.runs(
            state=state, outcome=outcome, route=route, export=export, company=company, limit=limit
        )
    if site.as_json:
        print_json(found)
    else:
        print_runs(found)


@app.command("show")
@taking(Journey)
def show_run(
    site: Journey,
    *,
    run_id: RunId,
    save: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder to save receipt, refused rows and repair package in."),
    ] = None,
) -> None:
    """Show a run: where it stands, why, what became of its rows, where its files lie."""
    with _asking(site) as api:
        run = _followed(site, api, run_id) if site.wait else api.run(run_id)
        if save:
            _save(api, run_id, save)
    _end(site, run)


@app.command("rerun")
@taking(Journey)
def rerun(  # noqa: PLR0913  a command's options
    site: Journey,
    *,
    run_id: RunId,
    force: Annotated[
        bool, typer.Option("--force", help="Run it again although it succeeded; --reason says why.")
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over", help="Take up the last execution where nobody knows what F&O did with it."
        ),
    ] = False,
    reason: Reason = None,
    request: RequestKey = None,
) -> None:
    """Run a failed import again, under a new execution id."""
    if force and not reason:
        raise typer.BadParameter("--force needs --reason, which is recorded")
    wishes = _said(force=force, take_over=take_over, reason=reason)
    _start(site, request, lambda api, key: api.rerun(run_id, wishes, key))


@app.command("export")
@taking(Journey)
def run_export(  # noqa: PLR0913  a command's options
    site: Journey,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The export, as landfall.yaml names it.")],
    company: Annotated[str | None, typer.Option(help="The company, where the export has several.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Bring everything, not only what has changed.")
    ] = False,
    preview: Annotated[
        int | None, typer.Option(min=0, help="Only look: so many rows of each entity, 0 for all of them.")
    ] = None,
    reason: Reason = None,
    request: RequestKey = None,
) -> None:
    """Run an export now."""
    wishes = _said(company=company, full=full, preview=preview, reason=reason)

    def ask(api: AppApi, key: str) -> Run:
        try:
            return api.run_export(name, wishes, key)
        except NotFoundError:
            names = ", ".join(str(each["name"]) for each in api.exports()) or "none"
            raise NotFoundError(f"there is no export {name}; there are: {names}") from None

    _start(site, request, ask)


@app.command("drop")
@taking(Journey)
def drop_file(
    site: Journey,
    *,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="The file.")],
    company: Annotated[
        str | None, typer.Option(help="The company of a data package, for packages/<company>/.")
    ] = None,
    path: Annotated[
        str | None,
        typer.Option(help="Where it lands, as a route takes it: files/USMF/Customer groups.csv."),
    ] = None,
    account_url: Annotated[
        str | None,
        typer.Option(help="The data account, like https://contoso.blob.core.windows.net, by your sign-in."),
    ] = None,
) -> None:
    """Put a file into the landing container; LANDFALL_STORAGE may hold a connection string or the account's address."""
    place = path or (package_path(file.name, company) if company and file.suffix.lower() == ".zip" else None)
    if place is None:
        raise typer.BadParameter("give --company for a data package (zip), --path for any other file")
    with _telling():
        storage = find_storage(account_url or os.environ.get("LANDFALL_STORAGE"))
        run_id = drop(storage, file, place)
    Progress().note(f"Dropped {LANDING}/{place}; its run is {run_id}")
    if site.wait:
        with _asking(site) as api:
            run = _followed(site, api, run_id)
        _end(site, run)
    elif site.as_json:
        print_json({"container": LANDING, "name": place, "run_id": run_id})


def _said(**wishes: Any) -> dict[str, Any]:
    """The wishes that were said: what was not is the app's to decide."""
    return {name: wish for name, wish in wishes.items() if wish is not None and wish is not False}


def _start(site: Journey, request: str | None, ask: Callable[[AppApi, str], Run]) -> None:
    """Ask for a run, once whatever happens to the answer, and show it."""
    key = request or new_key()
    with _asking(site, f"; the same with --request {key} does it once at most") as api:
        run = ask(api, key)
        if site.wait:
            run = _followed(site, api, run["run_id"])
    _end(site, run)


@contextmanager
def _asking(site: Site, unless_answered: str = "") -> Iterator[AppApi]:
    with _telling(unless_answered), closing(site.api()) as api:
        yield api


@contextmanager
def _telling(unless_answered: str = "") -> Iterator[None]:
    """What goes wrong, in a line on stderr and an exit code."""
    try:
        yield
    except PlaceError as error:
        said, code = str(error), USAGE
    except SilentError as error:
        said, code = (
            f"{error}{unless_answered}",
            EXIT_CODES[Outcome.UNKNOWN if unless_answered else Outcome.FAILED],
        )
    except (ApiError, NoRunError, ValueError) as error:
        said, code = str(error), EXIT_CODES[Outcome.FAILED]
    except AzureError as error:
        said, code = f"the file was not dropped: {error.message}", EXIT_CODES[Outcome.FAILED]
    except KeyboardInterrupt:
        said, code = "Interrupted; what was begun goes on in the app.", EXIT_CODES[Outcome.UNKNOWN]
    else:
        return
    Progress().note(said)
    raise typer.Exit(code)


def _followed(site: Journey, api: AppApi, run_id: str) -> Run:
    progress = Progress()
    progress.note(f"Run {run_id}")
    try:
        return follow(
            api, run_id, progress.say, seconds=site.hours * 3600, clock=time.monotonic, sleep=time.sleep
        )
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


def _end(site: Journey, run: Run) -> None:
    """Show a run; where it was waited for, exit by it."""
    if site.as_json:
        print_json(run)
    else:
        print_run(run)
    raise typer.Exit(exit_code(run) if site.wait else 0)
