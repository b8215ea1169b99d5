"""Flags that several commands share: a dataclass of options, taken by each command beside its own."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

Command = Callable[..., None]


def taking(kind: type[Any]) -> Callable[[Command], Command]:
    """Make a command whose first parameter is a `kind` one that takes that dataclass's fields as options."""
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
        def taking_flags(**given: Any) -> None:
            flags = kind(**{each.name: given.pop(each.name) for each in shared})
            command(flags, **given)

        vars(taking_flags)["__signature__"] = inspect.Signature([*own, *shared])
        taking_flags.__annotations__ = {each.name: each.annotation for each in [*own, *shared]}
        return taking_flags

    return decorate
