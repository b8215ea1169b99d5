"""Landfall refuses packages that F&O would refuse or silently ignore, and says why."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landfall.packages.archives import MAX_ENTRIES, RefusedPackageError
from landfall.packages.checks import check_company, read_package
from tests.unit.made_packages import HEADER_XML, MadeEntity, files_of, manifest_xml, package, zipped

GOOD = files_of(MadeEntity())
WHOLE = package()


def refusal(content: bytes) -> str:
    """The message about a package that must not be sent."""
    with pytest.raises(RefusedPackageError) as raised:
        read_package(io.BytesIO(content), len(content))
    return str(raised.value)


def without(name: str) -> bytes:
    """The good package without one file."""
    return zipped({key: value for key, value in GOOD.items() if key != name})


def test_a_good_package_is_admitted() -> None:
    """Reading a good package returns its manifest."""
    manifest = read_package(io.BytesIO(WHOLE), len(WHOLE))
    assert (manifest.data_project, [each.label for each in manifest.entities]) == (
        "Customers",
        ["Customer groups"],
    )


def test_other_files_do_no_harm() -> None:
    """A package may contain files that the manifest does not name, as F&O's own packages do."""
    content = zipped({**GOOD, "Resources/map.xslt": b"<x/>", "readme.md": b""})
    assert read_package(io.BytesIO(content), len(content)).entities


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty (0 bytes)"),
        (b"item,price\r\n1,2\r\n", "not a zip archive"),
        (WHOLE[: len(WHOLE) // 2], "not a zip archive"),
        (without("Manifest.xml"), "no Manifest.xml"),
        (without("PackageHeader.xml"), "no PackageHeader.xml"),
        (without("Customer groups.csv"), "data file of Customer groups is missing"),
        (zipped({f"Customers/{name}": data for name, data in GOOD.items()}), "is in a folder of the archive"),
        (zipped({**GOOD, "Manifest.xml": b"<a/>"}), "not the manifest of a data package"),
        (zipped({**GOOD, "Manifest.xml": b"<a"}), "Manifest.xml is not well-formed"),
        (zipped({**GOOD, "PackageHeader.xml": b"x"}), "PackageHeader.xml is not well-formed"),
        (zipped({**GOOD, "PackageHeader.xml": b"<!DOCTYPE a>" + HEADER_XML.encode()}), "document type"),
        (zipped({**GOOD, "Manifest.xml": manifest_xml().encode()}), "names no entity"),
        (package(MadeEntity(label=" ")), "an entity without a name"),
        (package(MadeEntity(columns={})), "has no mapping"),
        (package(MadeEntity(columns={"": "ID"})), "has no mapping"),
        (package(MadeEntity(), MadeEntity("Second", "second.csv", columns={})), "Second has no mapping"),
        (zipped({**GOOD, "../../etc/cron.d/x": b""}), "escapes the archive"),
        (zipped({**GOOD, "a\\..\\..\\x": b""}), "escapes the archive"),
        (zipped({**GOOD, "/etc/x": b""}), "escapes the archive"),
        (zipped({**GOOD, "C:\\x": b""}), "escapes the archive"),
        (zipped([*GOOD.items(), ("customer GROUPS.csv", b"")]), "'customer groups.csv' more than once"),
        (zipped({**GOOD, **{f"{n}.txt": b"" for n in range(MAX_ENTRIES)}}), "entries, more than 2000"),
        (zipped({**GOOD, "Customer groups.csv": bytes(30 * 1024 * 1024)}), "200 times its size"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_each_refusal_says_why(content: bytes, said: str) -> None:
    """The message tells a functional consultant what is wrong with the package."""
    assert said in refusal(content)


def test_an_encrypted_file_is_refused() -> None:
    """A package with an encrypted entry is refused: its flag in the directory is enough."""
    directory = WHOLE.index(b"PK\x01\x02", WHOLE.rindex(b"PK\x03\x04"))
    content = bytearray(WHOLE)
    struct.pack_into("<H", content, directory + 8, 0x1)
    assert "is encrypted" in refusal(bytes(content))


def test_a_damaged_manifest_is_refused() -> None:
    """A damaged manifest is a refusal, not an internal error."""
    start = WHOLE.index(b"Manifest.xml") + len(b"Manifest.xml")
    content = bytearray(WHOLE)
    content[start + 20 : start + 40] = bytes(20)
    assert "Manifest.xml" in refusal(bytes(content))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
@settings(max_examples=600)
def test_no_damage_is_an_outage(place: int, value: int) -> None:
    """A package with any wrong byte is either accepted or refused; reading it raises nothing else."""
    content = bytearray(WHOLE)
    content[place] = value
    try:
        read_package(io.BytesIO(content), len(content))
    except RefusedPackageError:
        return


@given(st.integers(0, len(WHOLE)))
def test_a_package_cut_short_is_refused(length: int) -> None:
    """A package that was not dropped completely is refused."""
    if length < len(WHOLE):
        refusal(WHOLE[:length])


def test_data_files_are_not_read() -> None:
    """Reading a package reads only its directory and two small files, whatever its size."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("Customer groups.csv", bytes(20 * 1024 * 1024))
        for name in ("Manifest.xml", "PackageHeader.xml"):
            archive.writestr(name, GOOD[name])

    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            Counting.taken += len(data)
            return data

    read_package(Counting(held.getvalue()), held.tell())
    assert Counting.taken < 100_000


@pytest.mark.parametrize("company", ["USMF", "1", "a1B2"])
def test_companies_have_one_to_four_letters_and_digits(company: str) -> None:
    """A valid company ID passes."""
    check_company(company)


@pytest.mark.parametrize("company", ["", "USMF1", "US F", "U/S", "ÄÖ", "٣"])
def test_what_cannot_be_a_company_is_refused(company: str) -> None:
    """A path that captures an invalid company ID is refused before F&O sees it."""
    with pytest.raises(RefusedPackageError, match="is not a valid company ID"):
        check_company(company)
