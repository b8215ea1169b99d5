"""The README and docs/ tell the truth about the repository."""

import ast
import pkgutil
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import web
from tests.test_architecture import SOURCES, named_modules, tracked
from web.endpoints import ENDPOINTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in tracked("*.md")}
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """The fragments by which GitHub links to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def texts(source: str) -> Iterator[str]:
    """Every string of a source, with … for what is put into it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(each.value if isinstance(each, ast.Constant) else "…" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_folder_has_its_line() -> None:
    """The README lists exactly the folders that hold the repository's own files."""
    named = set(re.findall(r"^\| `(\w+)/` \|", README, re.MULTILINE))
    folders = {path.relative_to(ROOT).parts[0] for path in tracked("*/*")}
    assert named == {name for name in folders if not name.startswith(".")}


def test_every_file_named_exists() -> None:
    """The README's questions lead to files that exist."""
    table = re.findall(r"^\| [^|]+\? \| `([^`]+)` \|$", README, re.MULTILINE)
    assert len(table) > 5
    assert [name for name in table if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    """Each link of a page to another page, a picture or a heading finds it."""
    broken = []
    for link in LINK.findall(PAGES[name]):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = (ROOT / name).parent / path if path else ROOT / name
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []


def test_every_page_is_linked_from_the_readme() -> None:
    """A reader of the README finds each page of docs/."""
    assert {name for name in PAGES if name.startswith("docs/")} <= {
        *LINK.findall(README),
        *re.findall(r"`(docs/[\w-]+\.md)`", README),
    }


def test_every_make_target_named_exists() -> None:
    """Each `make` command of a page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join(re.findall(r"^```sh.*?^```|`[^`\n]+`", "\n".join(PAGES.values()), re.MULTILINE | re.DOTALL))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", code, re.MULTILINE))
    assert named >= {"demo", "up", "test", "check", "check-connection"}
    assert named <= targets


def test_routes_named_are_routes_of_the_app() -> None:
    """docs/http-api.md lists exactly the routes that the app registers, and other pages name only those."""
    for module in pkgutil.walk_packages(web.__path__, "web."):
        import_module(module.name)
    registered = {(each.method, each.path) for each in ENDPOINTS}
    of_ours = {name: page for name, page in PAGES.items() if name != "docs/fno-behaviour.md"}
    named = {
        name: set(re.findall(r"\b(GET|POST|DELETE|OPTIONS) /api/([^`\s?)]+)`", page)) for name, page in of_ours.items()
    }
    assert named["docs/http-api.md"] == registered
    assert {name: routes for name, routes in named.items() if not routes <= registered} == {}


def test_the_command_line_needs_what_is_said() -> None:
    """What docs/command-line.md installs for landfall.fno alone is what its sources import beside Python's own."""
    (line,) = re.findall(r"^pip install (.+)$", PAGES["docs/command-line.md"], re.MULTILINE)
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


@pytest.mark.parametrize("page", ["troubleshooting", "connecting"])
def test_symptoms_are_what_a_person_sees(page: str) -> None:
    """Each text that a table explains is one that Landfall or the emulator shows; Entra's codes are its own."""
    shown = [text.lower() for path in SOURCES for text in texts(path.read_text(encoding="utf-8"))]
    shown.append((ROOT / "Makefile").read_text(encoding="utf-8").lower())
    symptoms = re.findall(r"^\| `(?!AADSTS)([^`]+)` \|", PAGES[f"docs/{page}.md"], re.MULTILINE)
    assert len(symptoms) > 5
    assert [each for each in symptoms if not any(each.lower() in text for text in shown)] == []
