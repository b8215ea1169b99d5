"""The README tells the truth about the repository."""

import pkgutil
import re
import sys
from importlib import import_module
from pathlib import Path

import web
from tests.test_architecture import named_modules, tracked
from web.endpoints import ENDPOINTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_folder_has_its_line() -> None:
    """Find your way around lists exactly the folders that hold the repository's own files."""
    named = set(re.findall(r"^\| `(\w+)/` \|", README, re.MULTILINE))
    folders = {path.relative_to(ROOT).parts[0] for path in tracked("*/*")}
    assert named == {name for name in folders if not name.startswith(".")}


def test_every_file_named_exists() -> None:
    """The question table and the links lead somewhere."""
    table = re.findall(r"^\| [^|]+\? \| `([^`]+)` \|$", README, re.MULTILINE)
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(table) > 5
    assert [name for name in table + links if not (ROOT / name).exists()] == []


def test_every_make_target_named_exists() -> None:
    """Each `make` command of the README is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert named >= {"demo", "up", "test"}
    assert named <= targets


def test_routes_named_are_routes_of_the_app() -> None:
    """Each HTTP call of the README is one that the app registers, and the other way round."""
    named = set(re.findall(r"`(GET|POST) /api/([^`]+)`", README))
    for module in pkgutil.walk_packages(web.__path__, "web."):
        import_module(module.name)
    registered = {(each.method, each.path) for each in ENDPOINTS}
    assert named == registered


def test_the_command_line_needs_what_is_said() -> None:
    """What the README has installed for landfall.fno alone is what its sources import, beside Python's own."""
    (line,) = re.findall(r"^pip install (.+)$", README, re.MULTILINE)
    brought = {"azure.core": "azure-identity", "urllib3": "requests"}
    own = {*sys.stdlib_module_names, "landfall"}
    imported = {
        ".".join(name.split(".")[:3]) if name.startswith("azure.storage") else name
        for folder in ("fno", "cli/fno")
        for path in (ROOT / "landfall" / folder).rglob("*.py")
        for name in named_modules(path.read_text(encoding="utf-8"))
        if name.split(".")[0] not in own
    }
    needed = {
        next((by for start, by in brought.items() if name.startswith(start)), None)
        or (name.replace(".", "-") if name.startswith("azure.") else name.split(".")[0])
        for name in imported
    }
    assert needed == set(line.split())
