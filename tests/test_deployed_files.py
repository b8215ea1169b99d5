"""What is deployed is what the deployed app uses: the folder less .funcignore."""

import subprocess
from pathlib import Path

from tests.test_architecture import ROOT, imports, module_of, tracked

USED_WITHOUT_AN_IMPORT = {
    "host.json": "the Functions host reads it",
    "requirements.txt": "the platform installs it",
    "landfall.yaml": "landfall/config/plan.py reads it",
    "landfall/people/templates/": "landfall/people/mails.py renders it",
    "web/dashboard/static/": "web/dashboard/assets.py serves it; a licence lies beside what it is for",
    "web/dashboard/templates/": "web/dashboard/rendering.py renders it",
}
"""Files, and folders that end in a slash, each with its reader."""


def deployed() -> set[Path]:
    """The tracked files that .funcignore leaves; git reads its patterns as azd does."""
    ignored = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--ignored", "--exclude-from=.funcignore"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return {*tracked("*")} - {ROOT / name for name in ignored}


def source_of(module: str) -> Path:
    """The file of one of our modules."""
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imported(start: str) -> set[Path]:
    """The sources that a module imports, directly or not, late imports and parent packages included."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        path = source_of(module)
        if path in found:
            continue
        found.add(path)
        named = imports(module, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")
        parents = module.split(".")[:-1]
        waiting += [*named, *(".".join(parents[:depth]) for depth in range(1, len(parents) + 1))]
    return found


def test_only_what_the_app_imports_is_deployed() -> None:
    """Every deployed source is imported by function_app, and every source that it imports is deployed."""
    sources = {path for path in deployed() if path.suffix == ".py"}
    assert {*map(module_of, sources)} == {*map(module_of, imported("function_app"))}


def test_every_other_deployed_file_has_its_reader() -> None:
    """A file that is no source is deployed only because something named here reads it, and nothing named is missing."""
    others = {str(path.relative_to(ROOT)) for path in deployed() if path.suffix != ".py"}
    readers = {
        name: next((each for each in USED_WITHOUT_AN_IMPORT if name == each or _lies_in(name, each)), None)
        for name in others
    }
    assert [name for name, reader in readers.items() if reader is None] == []
    assert set(readers.values()) == set(USED_WITHOUT_AN_IMPORT)


def _lies_in(name: str, folder: str) -> bool:
    return folder.endswith("/") and name.startswith(folder)
