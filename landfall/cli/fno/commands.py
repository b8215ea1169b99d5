"""The commands: import, export, status, errors and watch."""

import shlex
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from landfall.cli.fno.desk import Desk
from landfall.cli.fno.ends import EXIT_CODES, CannotKnowError, End, Outcome
from landfall.cli.fno.flags import taking
from landfall.cli.fno.package_file import NoPackageError, check_package
from landfall.cli.fno.refused_rows import save_refused_rows
from landfall.cli.fno.roads import (
    Order,
    export_package,
    import_package,
    look,
    messages_of,
    new_execution_id,
    watch_on,
)
from landfall.cli.fno.showing import Progress, print_end, print_json, print_messages
from landfall.cli.fno.site import Site
from landfall.fno.blobs import UntrustedUrlError
from landfall.fno.errors import FnoError

HELP = """Data packages in and out of Dynamics 365 F&O, straight through its API.

Exit codes: 0 succeeded, 1 failed, 2 wrong usage, 3 some rows failed, 4 unknown: it may have ended in any way, or be
running; go on with watch. Progress goes to stderr, the end to stdout.
"""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=HELP, pretty_exceptions_enable=False)

Project = Annotated[str, typer.Option(help="The data project in F&O.")]
Company = Annotated[str, typer.Option(help="The legal entity, like USMF.")]
Id = Annotated[str, typer.Argument(help="The execution id that import or export printed.", metavar="ID")]
Hours = Annotated[float, typer.Option(min=0, help="How long to wait for its end.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the end as JSON.")]


@app.command("import")
@taking(Site)
def import_command(  # noqa: PLR0913  a command's options
    site: Site,
    *,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="The data package, a zip.")
    ],
    project: Project,
    company: Company,
    execute: Annotated[bool, typer.Option(help="Go on from staging into the target.")] = True,
    overwrite: Annotated[
        bool, typer.Option(help="Replace the data project's definition by the package's.")
    ] = True,
    hours: Hours = 24,
    as_json: AsJson = False,
) -> None:
    """Import a data package and wait for its end; the project is made from the package where there is none."""
    try:
        check_package(file)
    except NoPackageError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    order = Order(project, company, new_execution_id(project), hours * 3600)
    _carry_out(
        site,
        order.execution_id,
        lambda desk: import_package(desk, order, file, execute=execute, overwrite=overwrite),
        as_json=as_json,
    )


@app.command("export")
@taking(Site)
def export_command(  # noqa: PLR0913  a command's options
    site: Site,
    *,
    project: Project,
    company: Company,
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="Where the package goes.")],
    hours: Hours = 24,
    as_json: AsJson = False,
) -> None:
    """Export a data project and bring its package here.

    With change tracking F&O brings a change once: should the download fail, `watch ID --output FILE` fetches the same
    package for seven days.
    """
    _check_output(output)
    order = Order(project, company, new_execution_id(project), hours * 3600)
    _carry_out(
        site,
        order.execution_id,
        lambda desk: export_package(desk, order, output),
        output=output,
        as_json=as_json,
    )


@app.command("watch")
@taking(Site)
def watch_command(
    site: Site,
    *,
    execution_id: Id,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="Where to put an export's package."),
    ] = None,
    hours: Hours = 24,
    as_json: AsJson = False,
) -> None:
    """Wait for an execution that was started before, and tell how F&O says that it ended."""
    if output:
        _check_output(output)
    _carry_out(
        site,
        execution_id,
        lambda desk: watch_on(desk, execution_id, hours * 3600, output),
        output=output,
        as_json=as_json,
    )


@app.command("status")
@taking(Site)
def status_command(site: Site, *, execution_id: Id, as_json: AsJson = False) -> None:
    """Look once at where an execution stands."""
    _carry_out(site, execution_id, lambda desk: look(desk, execution_id), as_json=as_json, started=False)


@app.command("errors")
@taking(Site)
def errors_command(
    site: Site,
    *,
    execution_id: Id,
    save: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Folder to save the refused rows and their keys in, as F&O has them."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what F&O says about an execution's refused rows; exit code 0 when it could be asked."""
    progress = Progress()
    desk = Desk(site.client(), progress.say, tuple(site.host or ()))
    try:
        messages = messages_of(desk, execution_id)
        for file in save_refused_rows(desk, execution_id, save) if save else ():
            progress.note(f"Saved {file}")
    except (FnoError, CannotKnowError, UntrustedUrlError) as error:
        progress.note(str(error))
        raise typer.Exit(EXIT_CODES[Outcome.UNKNOWN]) from None
    finally:
        progress.stop()
    if as_json:
        print_json([vars(each) for each in messages])
    elif messages:
        print_messages(messages)
    else:
        progress.note(f"F&O has no message about {execution_id}")


def _check_output(output: Path) -> None:
    """F&O hands out a change once, so what would hinder the download is found before it is asked."""
    if output.exists():
        raise typer.BadParameter(f"{output} is there already", param_hint="--output")
    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {output.absolute().parent}", param_hint="--output")


def _carry_out(  # noqa: PLR0913  what the commands differ in
    site: Site,
    execution_id: str,
    work: Callable[[Desk], End],
    *,
    as_json: bool,
    started: bool = True,
    output: Path | None = None,
) -> None:
    """Do the work, show its end, and exit by it; where that is unknown, say how to go on."""
    progress, client = Progress(), site.client()
    if started:
        progress.note(f"Execution {execution_id}")
    try:
        end = work(Desk(client, progress.say, tuple(site.host or ())))
    except Exception:  # noqa: BLE001  a defect of ours; what it says may hold a URL, and F&O may be at work
        progress.note(traceback.format_exc())
        end = End(execution_id, Outcome.UNKNOWN, reason="this command broke off; F&O may be at work")
    finally:
        progress.stop()
    if as_json:
        print_json(end.as_json())
    else:
        print_end(end)
    if end.outcome == Outcome.UNKNOWN:
        words = ["python", "-m", "landfall.fno", "watch", execution_id]
        words += ["--output", str(output)] if output else []
        progress.note(f"Look again, or go on: {shlex.join(words)}")
    raise typer.Exit(end.exit_code)
