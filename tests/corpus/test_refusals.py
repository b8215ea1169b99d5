"""Each package of the corpus is refused before F&O is touched, for the reason that it was made for."""

import io
import zipfile

import pytest

from landfall.packages.archives import RefusedPackageError
from landfall.packages.checks import read_package
from landfall.packages.data_checks import check_data_files
from tests.corpus.packages import Case, cases, good, zipped


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


def test_names_are_unique() -> None:
    """A case can be asked for by its name."""
    names = [case.name for case in cases()]
    assert sorted(set(names)) == sorted(names)
