"""The commands of `landfall fno`: import, export, status, errors and watch."""

import shlex
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from landfall.cli.fno.desk import Desk
from landfall.cli.fno.ends import EXIT_CODES, CannotKnowError, End, Outcome
from landfall.cli.fno.flags import with_flags
from landfall.cli.fno.fno_flags import FnoFlags
from landfall.cli.fno.operations import (
    Order,
    export_package,
    import_package,
    look,
    messages_of,
    new_execution_id,
    watch_execution,
)
from landfall.cli.fno.package_file import NoPackageError, check_package
from landfall.cli.fno.refused_rows import save_refused_rows
from landfall.cli.fno.showing import Progress, print_end, print_json, print_messages
from landfall.fno.blobs import UntrustedUrlError
from landfall.fno.errors import FnoError

HELP = """Import and export data packages of Dynamics 365 F&O, directly through its API.

Exit codes: 0 succeeded, 1 failed, 2 wrong usage, 3 some rows failed, 4 unknown: it may have ended in any way, or may
still run; check before retrying; continue with watch. Progress goes to stderr, the result to stdout.
"""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=HELP, pretty_exceptions_enable=False)

Project = Annotated[str, typer.Option(help="The data project in F&O.")]
Company = Annotated[str, typer.Option(help="The legal entity, like USMF.")]
Id = Annotated[str, typer.Argument(help="The execution ID that import or export printed.", metavar="ID")]
Hours = Annotated[float, typer.Option(min=0, help="Hours to wait for the end.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("import")
@with_flags(FnoFlags)
def import_command(  # noqa: PLR0913  a command's options
    flags: FnoFlags,
    *,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="The data package, a zip.")],
    project: Project,
    company: Company,
    execute: Annotated[bool, typer.Option(help="Continue from staging into the target.")] = True,
    overwrite: Annotated[bool, typer.Option(help="Replace the data project's definition with the package's.")] = True,
    hours: Hours = 24,
    as_json: AsJson = False,
) -> None:
    """Import a data package and wait for the end. F&O creates a missing project from the package."""
    try:
        check_package(file)
    except NoPackageError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    order = Order(project, company, new_execution_id(project), hours * 3600)
    _carry_out(
        flags,
        order.execution_id,
        lambda desk: import_package(desk, order, file, execute=execute, overwrite=overwrite),
        as_json=as_json,
    )


@app.command("export")
@with_flags(FnoFlags)
def export_command(  # noqa: PLR0913  a command's options
    flags: FnoFlags,
    *,
    project: Project,
    company: Company,
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="File to write the package to.")],
    hours: Hours = 24,
    as_json: AsJson = False,
) -> None:
    """Export a data project and download its package.

    With change tracking, F&O exports each change once. If the download fails, `watch ID --output FILE` downloads the
    same package for seven days.
    """
    _check_output(output)
    order = Order(project, company, new_execution_id(project), hours * 3600)
    _carry_out(
        flags, order.execution_id, lambda desk: export_package(desk, order, output), output=output, as_json=as_json
    )


@app.command("watch")
@with_flags(FnoFlags)
def watch_command(
    flags: FnoFlags,
    *,
    execution_id: Id,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", dir_okay=False, help="File to write an export's package to.")
    ] = None,
    hours: Hours = 24,
    as_json: AsJson = False,
) -> None:
    """Wait for an execution that was started earlier, and show how it ended."""
    if output:
        _check_output(output)
    _carry_out(
        flags,
        execution_id,
        lambda desk: watch_execution(desk, execution_id, hours * 3600, output),
        output=output,
        as_json=as_json,
    )


@app.command("status")
@with_flags(FnoFlags)
def status_command(flags: FnoFlags, *, execution_id: Id, as_json: AsJson = False) -> None:
    """Show where an execution stands now."""
    _carry_out(flags, execution_id, lambda desk: look(desk, execution_id), as_json=as_json, started=False)


@app.command("errors")
@with_flags(FnoFlags)
def errors_command(
    flags: FnoFlags,
    *,
    execution_id: Id,
    save: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder to save the refused rows and their keys in, as F&O wrote them."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List F&O's messages about an execution's refused rows. The exit code is 0 when F&O knows the execution."""
    progress = Progress()
    desk = Desk(flags.client(), progress.say, tuple(flags.host or ()))
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
        progress.note(f"F&O has no messages about {execution_id}")


def _check_output(output: Path) -> None:
    """Refuse an output that cannot be written before F&O is asked, because it exports each change once."""
    if output.exists():
        raise typer.BadParameter(f"{output} exists already", param_hint="--output")
    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"There is no folder {output.absolute().parent}", param_hint="--output")


def _carry_out(  # noqa: PLR0913  what the commands differ in
    flags: FnoFlags,
    execution_id: str,
    work: Callable[[Desk], End],
    *,
    as_json: bool,
    started: bool = True,
    output: Path | None = None,
) -> None:
    """Do the work, print its end and exit by it; if that is unknown, say how to continue."""
    progress, client = Progress(), flags.client()
    if started:
        progress.note(f"Execution {execution_id}")
    try:
        end = work(Desk(client, progress.say, tuple(flags.host or ())))
    except Exception:  # noqa: BLE001  a defect of Landfall; its text may hold a URL, and F&O may be at work
        progress.note(traceback.format_exc())
        end = End(execution_id, Outcome.UNKNOWN, reason="this command failed; F&O may still be at work")
    finally:
        progress.stop()
    if as_json:
        print_json(end.as_json())
    else:
        print_end(end)
    if end.outcome == Outcome.UNKNOWN:
        words = ["python", "-m", "landfall.fno", "watch", execution_id]
        words += ["--output", str(output)] if output else []
        progress.note(f"Check before retrying; to continue: {shlex.join(words)}")
    raise typer.Exit(end.exit_code)
