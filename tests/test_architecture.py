"""Who may import whom, and the habits that every file keeps; `python -m tests.test_architecture` prints the figures."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"function_app", "orchestrations", "activities", "landfall", "web", "fno_emulator", "local", "samples"}
ARROWS: dict[str, set[str]] = {
    "function_app": {"orchestrations", "activities", "web", "landfall.claims", "landfall.config.settings"},
    "orchestrations": {
        "orchestrations",
        "activities",
        "landfall.gate_queue",
        "landfall.fno.redaction",
        "landfall.ids",
        "landfall.polling",
        "landfall.records",
    },
    "activities": {"activities", "landfall"},
    "web": {"web", "landfall"},
    "landfall": {"landfall"},
    "landfall.records": {"landfall.records"},
    "landfall.ids": {"landfall.records"},
    "landfall.fno": {"landfall.fno"},
    "landfall.fno.__main__": {"landfall.cli.fno"},
    "landfall.packages": {"landfall.packages", "landfall.fno.messages", "landfall.fno.redaction"},
    "landfall.polling": set(),
    "landfall.config": {
        "landfall.config",
        "landfall.polling",
        "landfall.records",
        "landfall.packages",
        "landfall.fno",
    },
    "landfall.ledger": {"landfall.ledger", "landfall.fno.redaction", "landfall.records", "landfall.telemetry"},
    "landfall.storage": {
        "landfall.storage",
        "landfall.config",
        "landfall.ids",
        "landfall.records",
        "landfall.fno",
    },
    "landfall.cli.fno": {"landfall.cli.fno", "landfall.fno"},
    "fno_emulator": {"fno_emulator"},
    "local": {
        "local",
        "fno_emulator",
        "samples",
        "landfall.cli.app_api",
        "landfall.cli.dropping",
        "landfall.cli.places",
        "landfall.cli.fno.showing",
    },
    "samples": {"samples"},
}
"""From the longest matching module name to all that it may import of ours."""
TOOLS = ("landfall.__main__", "landfall.cli", "landfall.fno.__main__")
"""Commands for a shell. The deployed app has none of them, nor what they are made with."""
TOOLKIT = {"typer", "rich"}
LIMITS = {
    "modules at landfall's root": 10,
    "files of activities": 25,
    "lines of function_app.py": 60,
    "lines of the median file": 79.5,
    "lines of the longest file": 250,
}
"""What the product must not exceed."""


def tracked(pattern: str) -> list[Path]:
    """The files of the repository that match, as git lists them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).exists()]


def module_of(path: Path) -> str:
    """The dotted name of a source file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def within(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")


def imports(module: str, source: str, *, is_package: bool) -> Iterator[str]:
    """Every module of ours that a source names in an import, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            inside = 0 if is_package else 1
            base = ".".join(parts[: len(parts) - node.level + 1 - inside]) if node.level else ""
            origin = ".".join(part for part in (base, node.module) if part)
            # `from landfall import settings` means landfall.config.settings where that is a module.
            names = [
                f"{origin}.{alias.name}" if is_module(f"{origin}.{alias.name}") else origin for alias in node.names
            ]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in OURS)


def named_modules(source: str) -> Iterator[str]:
    """Every module that a source names in an absolute import, as it is written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def is_module(name: str) -> bool:
    """Whether a dotted name is a source file of ours."""
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def breaches(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """The imports of a module that the design does not allow."""
    rule = max((name for name in ARROWS if within(module, name)), key=len)
    named = imports(module, source, is_package=is_package)
    return [name for name in named if not any(within(name, allowed) for allowed in ARROWS[rule])]


SOURCES = [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] != "tests"]


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_follow_the_design(path: Path) -> None:
    """No file imports what the design does not let it import."""
    source = path.read_text(encoding="utf-8")
    assert breaches(module_of(path), source, is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("fno_emulator.routes", "from landfall.fno import FnoClient", ["landfall.fno"]),
        ("landfall.fno.client", "from ..records import Run", ["landfall.records"]),
        ("landfall.ledger.ledger", "def f():\n    import orchestrations.gate", ["orchestrations.gate"]),
        ("orchestrations.gate", "from landfall import ledger, records", ["landfall.ledger"]),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str, found: list[str]) -> None:
    """The rule bites: on absolute, relative and late imports, and on modules named by their package."""
    assert breaches(module, source) == found


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in SOURCES
        if module_of(path).split(".")[0] not in {"fno_emulator", "local", "samples"}
        and not any(within(module_of(path), tool) for tool in TOOLS)
    ],
    ids=module_of,
)
def test_the_app_needs_no_tool(path: Path) -> None:
    """Nothing that is deployed imports a command or what commands are made with."""
    source, module = path.read_text(encoding="utf-8"), module_of(path)
    named = imports(module, source, is_package=path.name == "__init__.py")
    assert [name for name in named if any(within(name, tool) for tool in TOOLS)] == []
    assert not TOOLKIT & {name.split(".")[0] for name in named_modules(source)}


def test_the_app_loads_without_the_toolkit() -> None:
    """function_app is imported where typer and rich are not installed, as on Azure."""
    missing = "".join(f"sys.modules[{name!r}] = None; " for name in sorted(TOOLKIT))
    subprocess.run([sys.executable, "-c", f"import sys; {missing}import function_app"], cwd=ROOT, check=True)


def figures() -> dict[str, float]:
    """The size of the product: what LIMITS names, and the numbers of files and lines."""
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    root = [path for path in (ROOT / "landfall").glob("*.py") if path.stem != "__init__"]
    return {
        "modules at landfall's root": len(root),
        "files of activities": len(list((ROOT / "activities").glob("*.py"))),
        "lines of function_app.py": lines[ROOT / "function_app.py"],
        "lines of the median file": median(lines.values()),
        "lines of the longest file": max(lines.values()),
        "files": len(lines),
        "lines": sum(lines.values()),
    }


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_files_stay_short(path: Path) -> None:
    """No source file outgrows what one reads in a sitting."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMITS["lines of the longest file"]


@pytest.mark.parametrize("name", LIMITS)
def test_the_product_stays_small(name: str) -> None:
    """No figure of the product exceeds its limit."""
    assert figures()[name] <= LIMITS[name]


def test_no_modules_import_each_other() -> None:
    """No module imports itself by way of others, late imports included."""
    graph = {
        module_of(path): {
            name
            for name in imports(
                module_of(path), path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py"
            )
            if name != module_of(path)
        }
        for path in SOURCES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" imports ".join(reversed(circle.args[1])))


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_names_say_what_is_inside(path: Path) -> None:
    """No drawer for everything: utils, common, helpers, misc or shared."""
    assert not {"utils", "common", "helpers", "misc", "shared", "util", "helper"} & set(module_of(path).split("."))


@pytest.mark.parametrize("path", tracked("tests/*test_*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_says_what_it_promises(path: Path) -> None:
    """Each test function has a docstring."""
    silent = [
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_function_app_is_a_table_of_contents() -> None:
    """function_app.py decides nothing."""
    text = (ROOT / "function_app.py").read_text()
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.If | ast.Try | ast.While)]


if __name__ == "__main__":
    for figure, value in figures().items():
        print(f"{value:>8g}  {figure}" + (f" (at most {LIMITS[figure]})" if figure in LIMITS else ""))  # noqa: T201  this is what the command is for
