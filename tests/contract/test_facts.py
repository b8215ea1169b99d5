"""The numbers in code and the facts in docs/fno-behaviour.md belong together."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FACTS = set(
    re.findall(r"^(\d+\.\d+) ", (ROOT / "docs/fno-behaviour.md").read_text(encoding="utf-8"), re.MULTILINE)
)
REFERENCE = re.compile(r"fno-behaviour ((?:\d+\.\d+(?:, | and | to )?)+)")


def test_every_number_names_a_fact() -> None:
    """A reference to a fact that does not exist misleads whoever follows it."""
    assert len(FACTS) > 50
    found = {
        (path.name, number)
        for folder in ("emulator", "landfall", "activities", "orchestrations", "web", "local", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for match in REFERENCE.findall(path.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+\.\d+", match)
    }
    assert found
    assert {one for one in found if one[1] not in FACTS} == set()
