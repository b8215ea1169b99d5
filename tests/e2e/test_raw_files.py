"""Raw files dropped into landing: wrapped, imported, explained."""

import io
import json

from openpyxl import Workbook

from tests.e2e.site import Site

CUSTOMERS = (
    "customeraccount;organizationname;customergroupid;salescurrencycode\n"
    "RAW-1;Grün & Söhne;10;USD\n"
    'RAW-2;"Semicolon; inside";20;EUR\n'
)


def target(site: Site, collection: str, key: str) -> dict[str, dict[str, str]]:
    """The rows of a company's entity by their key."""
    return {row[key]: row for row in site.fno(f"rows/{collection}?company=USMF")["rows"]}


def test_a_plain_csv_is_imported(site: Site) -> None:
    """Its rows are in F&O, the archive has the file as it was dropped, the receipt says what was changed."""
    content = CUSTOMERS.encode("utf-8-sig")
    site.drop("customers/USMF/customers.csv", content)

    run = site.run_of("customers/USMF/customers.csv")

    assert (run["outcome"], run["reason"]) == ("Succeeded", None)
    customers = target(site, "CustomersV3", "CustomerAccount")
    assert customers["RAW-1"]["OrganizationName"] == "Grün & Söhne"
    assert customers["RAW-2"]["OrganizationName"] == "Semicolon; inside"
    assert site.read(run["files"]["archive"]) == content
    receipt = json.loads(site.read(run["files"]["receipt"]))
    assert (receipt["route"], receipt["company"], receipt["data_project"]) == (
        "customers",
        "USMF",
        "Customers",
    )
    assert receipt["changes"] == [
        "customers.csv: the encoding UTF-8 with a byte order mark became UTF-8",
        "customers.csv: line ends became CR LF",
        "customers.csv: semicolons became commas",
        "customers.csv: column names were written in upper case",
    ]
    assert receipt["entities"] == [
        {"entity": "Customers V3", "staged": 2, "created": 2, "updated": 0, "failed": 0, "size": None}
    ]


def test_refused_rows_of_a_csv_stand_on_its_own_lines(site: Site) -> None:
    """errors.csv names the line of the file that was dropped, not of what it became."""
    content = f"{CUSTOMERS}\nRAW-3;Bad group;NONE;USD\n\n".encode()
    site.drop("customers/USMF/refused.csv", content)

    run = site.run_of("customers/USMF/refused.csv")

    assert run["outcome"] == "PartiallySucceeded"
    assert [(line["line"], line["key"]) for line in site.errors(run)] == [("5", "RAW-3")]


def test_a_workbook_named_by_its_entity_is_imported(site: Site) -> None:
    """The file's name says which entity its rows are of."""
    book, held = Workbook(), io.BytesIO()
    for row in (["CustomerGroupId", "Description"], ["RAWX", "From a workbook"]):
        book.worksheets[0].append(row)
    book.save(held)
    site.drop("files/USMF/Customer groups.xlsx", held.getvalue())

    run = site.run_of("files/USMF/Customer groups.xlsx")

    assert (run["outcome"], run["data_project"]) == ("Succeeded", "Customer groups")
    assert target(site, "CustomerGroups", "CustomerGroupId")["RAWX"]["Description"] == "From a workbook"


def test_a_csv_without_rows_is_never_sent(site: Site) -> None:
    """A header alone would be an error to F&O, so it does not hear of it."""
    site.drop("customers/USMF/header.csv", b"CUSTOMERACCOUNT,ORGANIZATIONNAME\r\n")

    run = site.run_of("customers/USMF/header.csv")

    assert run["outcome"] == "Rejected"
    assert "'header.csv' has no data rows" in run["reason"]
    assert run["files"]["archive"].startswith("archive/Rejected/")
    assert site.names("reports", f"{run['run_id']}/") == [f"{run['run_id']}/receipt.json"]
    assert site.operations("ImportFromPackage", run["run_id"]) == []


def test_parts_are_one_package(site: Site) -> None:
    """Nothing runs before the marker; then one execution takes all parts, in order, and all files are archived."""
    folder = "batches/USMF/june"
    groups = b"customergroupid;description\nJUNE;New in June\n"
    customers = b"customeraccount;organizationname;customergroupid;salescurrencycode\nJUNE-1;One;JUNE;USD\n"
    site.drop(f"{folder}/customers.csv", customers)
    site.drop(f"{folder}/_READY", b"")
    site.drop(f"{folder}/customer-groups.csv", groups)

    run = site.run_of(f"{folder}/_READY")

    assert (run["outcome"], run["reason"]) == ("Succeeded", None)
    assert [each["entity"] for each in run["entities"]] == ["Customer groups", "Customers V3"]
    assert target(site, "CustomersV3", "CustomerAccount")["JUNE-1"]["CustomerGroupId"] == "JUNE"
    assert site.read(run["files"]["archive: customers.csv"]) == customers
    assert site.read(run["files"]["archive: customer-groups.csv"]) == groups
    assert [each["source"]["name"] for each in site.runs() if each["source"] and folder in each["source"]["name"]] == [
        f"{folder}/_READY"
    ]
    assert site.names("landing", folder) == []
