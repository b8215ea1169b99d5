"""What code says of F&O is a numbered fact with a source."""

import ast
import re
from pathlib import Path

import pytest

from tests.test_architecture import ROOT, tracked

FACTS = (ROOT / "docs" / "fno-behaviour.md").read_text(encoding="utf-8")
NUMBERS = set(re.findall(r"^(\d+\.\d+) ", FACTS, re.MULTILINE))
PROVE_NO_FACT = {"test_console", "test_real_environment"}
"""Contract tests of ours, not of F&O: its console, and that a real environment is left as it is."""
REFERENCE = re.compile(r"fno-behaviour\s+((?:\d+\.\d+(?:, | and | to )?)+)")


def named_in(path: Path) -> set[str]:
    """The facts that a file refers to."""
    references = REFERENCE.findall(path.read_text(encoding="utf-8"))
    return {number for reference in references for number in re.findall(r"\d+\.\d+", reference)}


@pytest.mark.parametrize(
    "path",
    [path for path in tracked("*.py") if named_in(path)],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_fact_referred_to_exists(path: Path) -> None:
    """A number after fno-behaviour is one of docs/fno-behaviour.md."""
    assert named_in(path) - NUMBERS == set()


def test_facts_are_numbered_in_order() -> None:
    """The facts of each section count up from one, so that a number means one fact for good."""
    numbers = [tuple(map(int, number.split("."))) for number in re.findall(r"^(\d+\.\d+) ", FACTS, re.MULTILINE)]
    assert numbers == sorted(set(numbers))
    for section in {number[0] for number in numbers}:
        inside = [fact for chapter, fact in numbers if chapter == section]
        assert inside == list(range(1, len(inside) + 1))


@pytest.mark.parametrize(
    "path",
    [path for path in tracked("tests/contract/test_*.py") if path.stem not in PROVE_NO_FACT],
    ids=lambda path: path.stem,
)
def test_every_contract_test_names_the_fact_it_proves(path: Path) -> None:
    """Who sees a contract test fail against a real environment knows which fact is wrong."""
    silent = [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not REFERENCE.search(ast.get_docstring(node) or "")
    ]
    assert silent == []
