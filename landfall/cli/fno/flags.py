"""Flags that several commands share: a dataclass of options, which each command takes beside its own."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

Command = Callable[..., None]


def with_flags(kind: type[Any]) -> Callable[[Command], Command]:
    """Return a decorator for commands whose first parameter is a `kind`: its fields become options of the command."""
    hints = get_type_hints(kind, include_extras=True)
    shared = [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=hints[each.name],
            default=inspect.Parameter.empty if each.default is dataclasses.MISSING else each.default,
        )
        for each in dataclasses.fields(kind)
    ]

    def decorate(command: Command) -> Command:
        typed = get_type_hints(command, include_extras=True)
        own = [
            each.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=typed[each.name])
            for each in list(inspect.signature(command).parameters.values())[1:]
        ]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            flags = kind(**{each.name: given.pop(each.name) for each in shared})
            command(flags, **given)

        vars(run)["__signature__"] = inspect.Signature([*own, *shared])
        run.__annotations__ = {each.name: each.annotation for each in [*own, *shared]}
        return run

    return decorate
