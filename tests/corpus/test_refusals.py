"""Each package of the corpus is refused before F&O is touched, for the reason that it was made for."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landfall.packages.archives import RefusedPackageError
from landfall.packages.checks import read_package
from landfall.packages.data_checks import check_data_files
from tests.corpus.packages import Case, cases, good, workbook, zipped


def admit(content: bytes) -> None:
    """What intake does with a package, short of storage."""
    file = io.BytesIO(content)
    manifest = read_package(file, len(content))
    with zipfile.ZipFile(file) as archive:
        check_data_files(archive, manifest)


def test_the_package_that_all_are_made_from_is_good() -> None:
    """Nothing is refused for what the corpus has in common."""
    admit(zipped([*good().items()]))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_each_refusal_has_its_reason(case: Case) -> None:
    """Whoever dropped it reads what is wrong, and nothing else."""
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
    """Whichever bytes of a data file are wrong, it is admitted or refused, never anything else."""
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
    """What the damaged files are made from is admitted."""
    manifest = good()["Manifest.xml"].replace(b">CSV<", f">{source_format}<".encode())
    files = good() | {"Manifest.xml": manifest, "Customer groups.csv": GOOD[source_format]}
    admit(zipped([*files.items()]))


def test_names_are_unique() -> None:
    """A case can be asked for by its name."""
    names = [case.name for case in cases()]
    assert sorted(set(names)) == sorted(names)
