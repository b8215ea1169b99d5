"""`python -m local.host APP_DIR`: run an app folder until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from local.host.app.checks import AppError
from local.host.app.invocations import azure_keeps
from local.host.clock import parse_utc
from local.host.logs import set_up_logs
from local.host.server import Host, Options, Recycle
from local.host.settings import HostSettings, SettingsError, load_local_settings, read_host_json


class Clock(StrEnum):
    """The source of time."""

    SYSTEM = "system"
    MANUAL = "manual"


def run(  # noqa: PLR0913 - one parameter per option of the command line
    app: Annotated[Path, typer.Argument(help="The folder of function_app.py and host.json.")],
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")] = 7071,
    state: Annotated[
        Path | None, typer.Option(help="The folder for history, receipts and keys. [default: APP_DIR/.local/host]")
    ] = None,
    storage: Annotated[str | None, typer.Option(help="The connection string for AzureWebJobsStorage.")] = None,
    clock: Annotated[
        Clock, typer.Option(help="With manual, time stands still until POST /admin/host/clock moves it.")
    ] = Clock.SYSTEM,
    *,
    emulator: Annotated[
        str | None,
        typer.Option(help="The URL of an F&O emulator whose clock moves with a manual clock.", metavar="URL"),
    ] = None,
    redelivery_seconds: Annotated[
        float,
        typer.Option(
            help="For how long the messages of a killed host lie still; 300 on Azure.",
            min=0,
            envvar="LOCAL_HOST_REDELIVERY_SECONDS",
        ),
    ] = 0,
    recycle: Annotated[
        bool, typer.Option(help="Start the process anew when a function exceeds functionTimeout, as Azure does.")
    ] = True,
    now: Annotated[str | None, typer.Option(hidden=True, help="Where a manual clock begins.")] = None,
    enable_auth: Annotated[bool, typer.Option("--enable-auth", help="Require function keys, as Azure does.")] = False,
) -> None:
    """Run a Python v2 Functions app on this machine, for development and tests."""
    folder, started_in = app.resolve(), Path.cwd()
    if emulator and clock is not Clock.MANUAL:
        raise typer.BadParameter("--emulator needs a manual clock: add --clock manual.")
    try:
        settings = read_host_json(folder)
        if storage is not None:
            os.environ["AzureWebJobsStorage"] = storage  # noqa: SIM112 - Azure's name for the setting
        host_section = load_local_settings(folder)
        levels = {
            **settings.value("logging.logLevel", {}),
            "default": settings.value("logging.logLevel.default", "Information"),
        }
        set_up_logs(levels, azure_keeps)
        options = Options(
            app=folder,
            port=port,
            state=(state or folder / ".local" / "host").resolve(),
            enable_auth=enable_auth,
            manual_clock=clock is Clock.MANUAL,
            emulator=emulator,
            now=parse_utc(now) if now else None,
            redelivery_seconds=redelivery_seconds,
            recycles=recycle,
            host_section=host_section,
        )
        again = asyncio.run(_serve(options, settings))
    except (AppError, SettingsError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"The host cannot start: {error}", err=True)
        raise typer.Exit(1) from error
    # A function that still blocks its thread would keep the process alive; the next host runs its step again.
    logging.shutdown()
    sys.stdout.flush()
    if again is not None:
        os.chdir(started_in)
        more = ["--port", str(again.port), "--now", again.now.isoformat()]
        os.execv(sys.executable, [sys.executable, "-m", "local.host", *sys.argv[1:], *more])  # noqa: S606 - this program again
    os._exit(0)


def _print_ready(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201 - the program that started the host waits for this line


async def _serve(options: Options, settings: HostSettings) -> Recycle | None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await Host(options, settings).serve(_print_ready, stop)


if __name__ == "__main__":
    # typer's own tracebacks would show local variables, such as keys.
    program = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    program.command()(run)
    program()
