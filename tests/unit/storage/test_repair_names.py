"""The path for corrected rows: by a route that takes packages for the run's company, project and environment."""

from typing import Any

import pytest

from landfall.config.plan import Plan
from landfall.records import Run, Source, State
from landfall.storage.landing import repair_name

PACKAGES = {"name": "packages", "path": "packages/{company}/{name}.zip"}
RAW = {
    "name": "customers",
    "path": "customers/{company}/{name}.csv",
    "entity": "Customers V3",
    "data_project": "Customers",
    "format": "CSV",
}


def name(route: str, file: str, *imports: dict[str, Any]) -> str:
    """The landing path for the corrected rows of such a file."""
    plan = Plan.model_validate({"environments": ["emea"], "imports": imports})
    run = Run(
        "imp-1",
        "import",
        State.DONE,
        route=route,
        company="USMF",
        data_project="Customers",
        source=Source("landing", file, '"1"'),
    )
    return repair_name(plan, run, "0a1b")


def test_a_package_is_repaired_by_its_own_route() -> None:
    """The path is beside the package, with a unique name."""
    assert name("packages", "packages/USMF/june.zip", PACKAGES) == "packages/USMF/june.repair-0a1b.zip"


def test_a_raw_file_is_repaired_by_the_route_for_packages() -> None:
    """The repair is a package, whatever the landed file was."""
    assert name("customers", "customers/USMF/june.csv", RAW, PACKAGES) == "packages/USMF/june.repair-0a1b.zip"


@pytest.mark.parametrize(
    "other",
    [
        RAW,
        {"name": "others", "path": "others/{name}.zip", "company": "DEMF"},
        {**PACKAGES, "data_project": "Vendors"},
        {**PACKAGES, "environment": "emea"},
    ],
)
def test_rows_go_nowhere_else(other: dict[str, Any]) -> None:
    """Another company, data project or environment, or a route for raw files, never takes the rows."""
    with pytest.raises(LookupError, match=r"no route of landfall\.yaml"):
        name("customers", "customers/USMF/june.csv", other)
