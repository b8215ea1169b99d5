"""The flags of commands that ask an app."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from landfall.cli.app_api import AppApi
from landfall.cli.fno.fno_flags import text_of
from landfall.cli.places import find_app


@dataclass(frozen=True)
class AppFlags:
    """Which app to ask, with which key, and how to show its answer."""

    url: Annotated[
        str | None, typer.Option(envvar="LANDFALL_URL", help="The app, like https://contoso.azurewebsites.net.")
    ] = None
    key_file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="File with the app's function key, instead of the variable LANDFALL_KEY."
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False

    def api(self) -> AppApi:
        """Return the app's API; PlaceError when its address is not known."""
        key = text_of(self.key_file, "--key-file") if self.key_file else os.environ.get("LANDFALL_KEY")
        return AppApi(find_app(self.url, key or None))


@dataclass(frozen=True)
class RunFlags(AppFlags):
    """The flags of commands that can also wait for a run to end."""

    wait: Annotated[bool, typer.Option("--wait", help="Wait until the run ends, and exit by its outcome.")] = False
    hours: Annotated[float, typer.Option(min=0, help="Hours to wait at most.")] = 24
