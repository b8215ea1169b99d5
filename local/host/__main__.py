"""`python -m local.host APP_DIR`: run an app folder until told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from local.host.app_index import AppError
from local.host.logs import set_up_logs
from local.host.server import Host, Options, print_ready
from local.host.settings import SettingsError, load_local_settings, read_host_json


def run(
    app: Annotated[Path, typer.Argument(help="The folder that holds function_app.py and host.json.")],
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 7071,
    state: Annotated[
        Path | None,
        typer.Option(help="Where history, receipts and keys are kept. [default: APP_DIR/.local/host]"),
    ] = None,
    storage: Annotated[str | None, typer.Option(help="Connection string for AzureWebJobsStorage.")] = None,
    *,
    enable_auth: Annotated[
        bool, typer.Option("--enable-auth", help="Ask for function keys, as Azure does.")
    ] = False,
) -> None:
    """Run a Python v2 Functions app on this machine, for development and tests."""
    folder = app.resolve()
    try:
        settings = read_host_json(folder)
        if storage is not None:
            os.environ["AzureWebJobsStorage"] = storage  # noqa: SIM112 - the setting's name
        load_local_settings(folder)
        set_up_logs(settings.value("logging.logLevel", {}))
        options = Options(folder, port, (state or folder / ".local" / "host").resolve(), enable_auth)
        asyncio.run(_serve(options))
    except (AppError, SettingsError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"The host cannot start: {error}", err=True)
        raise typer.Exit(1) from error
    # A function that still blocks its thread would keep the process; its step is run again by the next host.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Host(options, read_host_json(options.app)).serve(print_ready, stop)


if __name__ == "__main__":
    # typer's own traces would show local variables, keys among them.
    program = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    program.command()(run)
    program()
