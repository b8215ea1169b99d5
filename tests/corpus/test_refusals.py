"""Landfall refuses each package of the corpus before F&O sees it, for the reason that the case names."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.checks import check_data_files, read_package
from tests.corpus.packages import Case, cases, good, workbook, zipped


def admit(content: bytes) -> None:
    """Check a package as intake does, without storage."""
    file = io.BytesIO(content)
    manifest = read_package(file, len(content))
    with zipfile.ZipFile(file) as archive:
        check_data_files(archive, manifest, Budget(len(content)))


def test_the_package_that_all_are_made_from_is_good() -> None:
    """The package that every case changes is accepted as it is."""
    admit(zipped([*good().items()]))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_each_refusal_has_its_reason(case: Case) -> None:
    """The message names what is wrong with the package."""
    with pytest.raises(RefusedPackageError) as raised:
        admit(case.content)
    assert case.says in str(raised.value)


GOOD = {
    "CSV": good()["Customer groups.csv"],
    "CSV-Unicode": "CUSTOMERGROUPID,DESCRIPTION\r\n10,Ten\r\n".encode("utf-16"),
    "XML-Attribute": b"<Document><G CUSTOMERGROUPID='10' DESCRIPTION='Ten'/></Document>",
    "EXCEL": workbook([["CUSTOMERGROUPID", "DESCRIPTION"], ["10", "Ten"]]),
}


@pytest.mark.parametrize("source_format", GOOD)
@given(data=st.data())
@settings(max_examples=150, deadline=None, database=None)
def test_no_damage_is_an_outage(source_format: str, data: st.DataObject) -> None:
    """A data file with any wrong bytes is either accepted or refused; checking it raises nothing else."""
    content = bytearray(GOOD[source_format])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    manifest = good()["Manifest.xml"].replace(b">CSV<", f">{source_format}<".encode())
    files = good() | {"Manifest.xml": manifest, "Customer groups.csv": bytes(content[:cut] or content)}
    try:
        admit(zipped([*files.items()]))
    except RefusedPackageError:
        return


@pytest.mark.parametrize("source_format", GOOD)
def test_every_format_can_be_good(source_format: str) -> None:
    """The undamaged file of each format is accepted."""
    manifest = good()["Manifest.xml"].replace(b">CSV<", f">{source_format}<".encode())
    files = good() | {"Manifest.xml": manifest, "Customer groups.csv": GOOD[source_format]}
    admit(zipped([*files.items()]))


def test_names_are_unique() -> None:
    """Each case has a name of its own."""
    names = [case.name for case in cases()]
    assert sorted(set(names)) == sorted(names)
