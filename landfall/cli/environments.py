"""The commands about environments: environments, hold and release."""

from typing import Annotated, Any

import typer

from landfall.cli.app_flags import AppFlags
from landfall.cli.asking import asking
from landfall.cli.fno.showing import clean, console, print_json

Name = Annotated[str, typer.Argument(metavar="NAME", help="The environment; fno is the one without a name.")]


def list_environments(flags: AppFlags) -> None:
    """List the F&O environments: whether runs may go there, why not, and when they are frozen next."""
    with asking(flags) as api:
        _print(flags, api.environments())


def hold_environment(
    flags: AppFlags,
    *,
    name: Name,
    reason: Annotated[str | None, typer.Option(help="Why you do this. Waiting runs show it.")] = None,
) -> None:
    """Let nothing go to an environment until it is released. Files wait, and what F&O has goes on."""
    with asking(flags) as api:
        _print(flags, [api.steer_environment(name, "hold", reason)])


def release_environment(flags: AppFlags, *, name: Name) -> None:
    """Let runs go to an environment again, in the order in which their files landed."""
    with asking(flags) as api:
        _print(flags, [api.steer_environment(name, "release", None)])


def _print(flags: AppFlags, environments: list[dict[str, Any]]) -> None:
    if flags.as_json:
        print_json(environments)
        return
    for each in environments:
        why = f": {each['reason']} (since {each['since']})" if each["reason"] else ""
        coming = f"; frozen next from {each['coming'][0]['begins']}" if each["coming"] else ""
        line = f"{each['name']}: {each['state']}{why}; {each['waiting']} waiting{coming}"
        console().print(clean(line), markup=False, soft_wrap=True)
