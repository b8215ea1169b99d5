"""Says in words what is wrong in landfall.yaml and where, and how it was probably meant."""

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from landfall.config.types import ConflictError, YamlPath
from landfall.config.yaml_source import Located

Mistake = tuple[YamlPath, str]
"""The path of a value in landfall.yaml, and what is wrong with it."""
SHAPES = {
    "tuple_type": "it must be a list: write each entry on a line of its own, after a dash",
    "model_type": "it must consist of settings: write each as name: value",
}
"""What to say for pydantic's errors about a value's shape, which it describes in words of Python."""
KINDS = {bool: "a boolean", date: "a date", datetime: "a date"}


def mistakes_of(
    error: ValidationError, model: type[BaseModel], located: Located, in_file: Callable[[YamlPath], YamlPath]
) -> Iterator[Mistake]:
    """The mistakes that the model found. `in_file` turns a path of what was validated into that in the file."""
    for each in error.errors():
        cause = each.get("ctx", {}).get("error")
        if isinstance(cause, ConflictError):
            yield from ((in_file((*each["loc"], *path)), reason) for path, reason in cause.found)
            continue
        path, value = in_file(each["loc"]), each["input"]
        if each["type"] == "extra_forbidden":
            yield path, unknown(str(path[-1]), _settings_at(model, path[:-1]))
        elif each["type"] == "string_type" and isinstance(value, bool | int | float | date) and path in located.texts:
            text, kind = located.texts[path], KINDS.get(type(value), "a number")
            yield path, f'YAML reads {text} as {kind}, not as text: write "{text}", with the quotes'
        else:
            yield path, SHAPES.get(each["type"]) or each["msg"].removeprefix("Value error, ")


def unknown(name: str, known: Collection[str]) -> str:
    """What to say about a setting that does not exist, given those that do."""
    likely = get_close_matches(name, known, 1)
    return f"there is no such setting; did you mean {likely[0]}?" if likely else "there is no such setting"


def report(path: YamlPath, reason: str, located: Located) -> str:
    """A line about a mistake: file and line, the setting with its route or export, the reason."""
    return f"{located.where(path)}: {named(path, located) or 'file'}: {reason}"


def named(path: YamlPath, located: Located) -> str:
    """A path as people write it, with the names of routes and exports for their places in the list."""
    words, value = [], located.data
    for step in path:
        value = value_at(value, (step,))
        name = value.get("name") if isinstance(step, int) and isinstance(value, dict) else None
        words.append(name if name and isinstance(name, str) else str(step))
    return ".".join(words)


def value_at(data: Any, path: YamlPath) -> Any:
    """The value at a path of the file's data; None where there is none."""
    for step in path:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return None
    return data


def _settings_at(model: type[BaseModel], path: YamlPath) -> list[str]:
    """The names of the settings that the model has at this path."""
    for step in path:
        if isinstance(step, str):
            annotation = next(field for name, field in _fields(model) if name == step).annotation
            models = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type)]
            model = next((each for each in models if issubclass(each, BaseModel)), model)
    return [name for name, _ in _fields(model)]


def _fields(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """The model's fields by the names that they have in landfall.yaml."""
    return [(field.alias or name, field) for name, field in model.model_fields.items()]
