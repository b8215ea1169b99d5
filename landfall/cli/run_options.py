"""The arguments and options that several commands take."""

from typing import Annotated

import typer

RunId = Annotated[str, typer.Argument(metavar="ID", help="The run.")]
RunIds = Annotated[list[str], typer.Argument(metavar="ID", help="The runs, at most 100.")]
OpenFailures = Annotated[bool, typer.Option("--open-failures", help="Only failures that nobody has dealt with.")]
Reason = Annotated[str | None, typer.Option(help="Why you do this. The run records it.")]
RequestKey = Annotated[
    str | None, typer.Option("--request", help="ID of the request. Landfall carries out a request once.")
]
