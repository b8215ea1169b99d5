from pathlib import Path
from typing import Any

import pytest

from landfall.cli.app_api import Run
from local.demo.tour import Ride
from local.demo.verdict import complaints
from tests.local.demo.records import attempt, make_export, make_run, sample

COUNTS = {"staged": 3, "created": 1, "updated": 0, "failed": 2}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    errors = tmp_path / "errors.csv"
    errors.write_text(
        "\ufeffentity,line,key,field,message,stage\nCustomers,3,C-2,NAME,bad,target\nCustomers,4,C-3,,bad,target\n"
    )
    receipt = tmp_path / "receipt.json"
    receipt.write_text("{}")
    return {"receipt": receipt, "errors": errors}


def compare(run: Run, files: dict[str, Path], **expected: Any) -> list[str]:
    expectation = attempt("PartiallySucceeded", **expected)
    return complaints(Ride("a", 0, sample("a", expectation), run=run, ended=1), files)


@pytest.fixture
def partial() -> Run:
    return make_run("a", outcome="PartiallySucceeded", entities=[{"entity": "Customers", **COUNTS}])


def test_a_run_that_ends_as_expected_is_right(partial: Run, files: dict[str, Path]) -> None:
    """A run with the expected outcome, counts and rejected rows has no complaint."""
    rejected = frozenset({("Customers", "C-2"), ("Customers", "C-3")})
    assert compare(partial, files, entities={"Customers": COUNTS}, rejected=rejected) == []


@pytest.mark.parametrize(
    ("expected", "complaint"),
    [
        (
            {"entities": {"Customers": {"created": 3}}},
            "Customers: F&O counted {'created': 1}, but the sample expects {'created': 3}",
        ),
        (
            {"entities": {"Vendors": {"created": 3}}},
            "Vendors: F&O counted {'created': None}, but the sample expects {'created': 3}",
        ),
        ({"rejected": frozenset({("Customers", "C-9")})}, "errors.csv does not name Customers C-9"),
        (
            {"rejected": frozenset({("Customers", "C-2")})},
            "errors.csv names Customers C-3, which is a good row",
        ),
    ],
)
def test_each_difference_is_named(
    partial: Run, files: dict[str, Path], expected: dict[str, Any], complaint: str
) -> None:
    """A wrong count, a missing rejection and an extra rejection each have a sentence."""
    assert complaint in compare(partial, files, **expected)


def test_another_outcome_is_named_with_its_reason(files: dict[str, Path]) -> None:
    """The complaint gives the outcome, its reason and the expected outcome."""
    run = make_run("a", outcome="NeedsAttention", reason="F&O is silent")
    (complaint,) = compare(run, {"receipt": files["receipt"]})
    assert complaint == "it ended as NeedsAttention (F&O is silent), but its sample expects PartiallySucceeded"


def test_an_export_must_have_a_zip_and_a_receipt(tmp_path: Path) -> None:
    """A truncated package and a missing receipt are complaints."""
    package = tmp_path / "package.zip"
    package.write_bytes(b"PK half of it")
    ride = Ride("exp-1", 0, run=make_export("2026-01-01T06:00:00Z"), ended=1)
    assert complaints(ride, {"package": package}) == ["it has no receipt", "package.zip is not a zip file"]
