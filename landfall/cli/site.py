"""The flags of commands that ask an app."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from landfall.cli.app_api import AppApi
from landfall.cli.places import find_app


@dataclass(frozen=True)
class Site:
    """Which app is asked, by which key, and how its answer is shown."""

    url: Annotated[
        str | None,
        typer.Option(envvar="LANDFALL_URL", help="The app, like https://contoso.azurewebsites.net."),
    ] = None
    key_file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="File with its function key; without it LANDFALL_KEY has it."
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False

    def api(self) -> AppApi:
        """The app; PlaceError when it is not known where that is."""
        key = (
            self.key_file.read_text(encoding="utf-8").strip()
            if self.key_file
            else os.environ.get("LANDFALL_KEY")
        )
        return AppApi(find_app(self.url, key or None))


@dataclass(frozen=True)
class Journey(Site):
    """The same, of commands that may wait for a run's end."""

    wait: Annotated[bool, typer.Option("--wait", help="Follow the run to its end, and exit by it.")] = False
    hours: Annotated[float, typer.Option(min=0, help="How long to wait at most.")] = 24
