"""Landfall runs on every Python that it says it supports."""

import subprocess

import pytest

from tests.pythons import OTHERS, ROOT, SUPPORTED, equipped


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", OTHERS)
def test_unit_tests_pass(version: str) -> None:
    """On each of the other supported Pythons that this machine has."""
    command = [equipped(version), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", "tests/unit"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]


def test_the_supported_pythons_are_those_of_the_project() -> None:
    """What pip and make accept is what the tests try."""
    asked = f'requires-python = ">={SUPPORTED[0]},<3.{int(SUPPORTED[-1].partition(".")[2]) + 1}"'
    assert asked in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
