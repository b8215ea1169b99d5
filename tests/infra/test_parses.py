"""Every file of infra/ is Bicep, to two parsers that know nothing of each other."""

import json
from pathlib import Path

import pytest
from pycep import BicepParser

from tests.infra.bicep import FILES, INFRA, Expression, read, template


@pytest.mark.parametrize("path", FILES, ids=lambda each: each.name)
def test_a_file_parses(path: Path) -> None:
    """tree-sitter reads it without an error, and pycep, on which checkov rests, too."""
    read(path.read_text(encoding="utf-8"), path.name)
    assert BicepParser().parse(text=path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", ["resource a 'T/a@2020-01-01' = {", "param x string ='", "var v = [1,, 2"])
def test_what_is_no_bicep_is_found(text: str) -> None:
    """The parse is not blind."""
    with pytest.raises(ValueError, match="no Bicep"):
        read(text)


def test_modules_get_what_they_ask_for() -> None:
    """Each module of main.bicep and below is there, gets every parameter without a default, and no other."""
    for path in FILES:
        for file, body in template(path.name).modules.values():
            asked = template(file).parameters
            given = body.get("params", {})
            assert set(given) <= set(asked), f"{path.name}: {file}"
            needed = {name for name, default in asked.items() if default is None}
            assert needed <= set(given), f"{path.name}: {file}"


def test_every_output_that_is_read_exists() -> None:
    """What one module says to another (x.outputs.y) is an output of it."""
    for path in FILES:
        modules = template(path.name).modules
        for text in _expressions(path):
            for part in text.replace("!", "").split(".outputs.")[:-1]:
                module = part.split()[-1].split("(")[-1].split("{")[-1]
                name = text.replace("!", "").split(f"{module}.outputs.")[1]
                name = name[: next((i for i, c in enumerate(name) if not c.isalnum()), len(name))]
                assert name in template(modules[module][0]).outputs, f"{path.name}: {module}.outputs.{name}"


def test_every_parameter_can_be_set() -> None:
    """main.parameters.json gives each parameter of main.bicep, and none that is not there."""
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    assert set(given) == set(template("main.bicep").parameters)


def test_no_module_lies_unused() -> None:
    """Each file is used by another, or is one of the two that are deployed."""
    used = {file for path in FILES for file, _ in template(path.name).modules.values()}
    assert {path.name for path in FILES} - used == {"main.bicep", "landing-subscription.bicep"}


def _expressions(path: Path) -> list[str]:
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, Expression):
            found.append(value.text)
        elif isinstance(value, dict):
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)
        elif hasattr(value, "values"):
            for each in value.values:
                walk(each)

    for _, body in template(path.name).modules.values():
        walk(body)
    return [each for each in found + list(template(path.name).outputs.values()) if ".outputs." in each]
