"""What F&O refused comes back as a package that is corrected and dropped again, and then goes through."""

import io
import zipfile

from samples.build import package
from tests.e2e.site import Site

CUSTOMERS = [
    ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE", "CREDMANCUSTOMERSINCE"],
    ["R-1", "Good", "10", "USD", "2020-01-31"],
    ["R-2", 'The "name"\nover two lines, ä€', "NONE", "USD", "2020-01-31"],
    ["R-3", "Bad date", "10", "USD", "31.31.2020"],
]
GROUPS = [["VENDORGROUPID", "DESCRIPTION"], ["RG", "Good"], ["RG", "The same group again"]]
TERMS = [["MAJORTYPEID", "DESCRIPTION"], ["RTYPE", "Nothing is wrong with this"]]


def corrected(content: bytes, corrections: dict[str, tuple[str, str, str]]) -> bytes:
    """The package with one text replaced in some of its files: encoding, wrong, right."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as package, zipfile.ZipFile(held, "w") as written:
        for name in package.namelist():
            data = package.read(name)
            if name in corrections:
                encoding, wrong, right = corrections[name]
                assert wrong.encode(encoding) in data
                data = data.replace(wrong.encode(encoding), right.encode(encoding))
            written.writestr(name, data)
    return held.getvalue()


def test_refused_rows_go_through_when_corrected(site: Site) -> None:
    """repair.zip holds the refused rows of the entities concerned; corrected in place and dropped, it Succeeds."""
    entities = [
        {"entity": "Customers V3", "format": "CSV-Unicode", "rows": CUSTOMERS},
        {"entity": "Vendor groups", "format": "EXCEL", "rows": GROUPS},
        {"entity": "Fixed asset major type", "format": "CSV", "rows": TERMS},
    ]
    site.drop("packages/USMF/wrong.zip", package({"data_project": "Repairs", "entities": entities}))
    wrong = site.run_of("packages/USMF/wrong.zip")
    assert wrong["outcome"] == "PartiallySucceeded"
    assert [(line["entity"], line["line"], line["stage"]) for line in site.errors(wrong)] == [
        ("Customers V3", "3", "target"),
        ("Customers V3", "5", "staging"),
        ("Vendor groups", "3", "staging"),
    ]
    assert site.errors(wrong)[0]["ORGANIZATIONNAME"] == CUSTOMERS[2][1]

    assert wrong["execution_id"] in wrong["execution_page"]

    repair = site.read(wrong["files"]["repair"])
    with zipfile.ZipFile(io.BytesIO(repair)) as archive:
        assert set(archive.namelist()) == {
            "Manifest.xml",
            "PackageHeader.xml",
            "Customers V3.csv",
            "Vendor groups.xlsx",
        }
    corrections = {"Customers V3.csv": ("utf-16-le", "NONE", "10")}
    site.drop("packages/USMF/half.zip", corrected(repair, corrections))
    half = site.run_of("packages/USMF/half.zip")
    assert half["outcome"] == "PartiallySucceeded"
    assert {each["entity"]: each["failed"] for each in half["entities"]} == {
        "Customers V3": 1,
        "Vendor groups": 0,
    }

    repair = site.read(half["files"]["repair"])
    corrections = {"Customers V3.csv": ("utf-16-le", "31.31.2020", "2020-12-31")}
    site.drop("packages/USMF/right.zip", corrected(repair, corrections))
    right = site.run_of("packages/USMF/right.zip")

    assert right["outcome"] == "Succeeded"
    assert [(each["entity"], each["staged"]) for each in right["entities"]] == [("Customers V3", 1)]
    rows = site.fno("rows/CustomersV3?company=USMF")["rows"]
    names = {row["CustomerAccount"]: row["OrganizationName"] for row in rows}
    assert [names[account] for account in ("R-1", "R-2", "R-3")] == [row[1] for row in CUSTOMERS[1:]]
    vendors = {row["VendorGroupId"]: row["Description"] for row in site.fno("rows/VendorGroups?company=USMF")["rows"]}
    assert vendors["RG"] == "The same group again"
