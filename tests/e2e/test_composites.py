"""Composite entities: sent as F&O takes them, and what it does not tell about them is said."""

import io
import zipfile

import requests

from tests.e2e.site import Site
from tests.unit.made_packages import HEADER_XML, MadeEntity, manifest_xml

LABEL = "Sales orders composite V4"
ORDERS = """<?xml version="1.0" encoding="utf-8"?><Document>
<SALESORDERHEADERV3ENTITY ORDERINGCUSTOMERACCOUNTNUMBER="US-001" CURRENCYCODE="USD">
 <SALESORDERLINEV2ENTITY LINECREATIONSEQUENCENUMBER="1" ITEMNUMBER="1000" ORDEREDSALESQUANTITY="2"/>
</SALESORDERHEADERV3ENTITY>
<SALESORDERHEADERV3ENTITY ORDERINGCUSTOMERACCOUNTNUMBER="US-002" CURRENCYCODE="USD">
 <SALESORDERLINEV2ENTITY LINECREATIONSEQUENCENUMBER="1" ITEMNUMBER="{item}" ORDEREDSALESQUANTITY="1"/>
 <SALESORDERLINEV2ENTITY LINECREATIONSEQUENCENUMBER="2" ITEMNUMBER="1000" ORDEREDSALESQUANTITY="1"/>
</SALESORDERHEADERV3ENTITY>
</Document>"""


def orders(project: str, item: str = "1000") -> bytes:
    """A package of two orders, five records in all; an item of the second one as given."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entity = MadeEntity(LABEL, "orders.xml", "XML-Attribute", {})
        archive.writestr("Manifest.xml", manifest_xml(entity, project=project))
        archive.writestr("PackageHeader.xml", HEADER_XML)
        archive.writestr("orders.xml", ORDERS.format(item=item))
    return held.getvalue()


def make_project(site: Site, name: str) -> None:
    """Make an import project in F&O, as an administrator does."""
    ready = site.stack.emulator
    token = requests.post(
        f"{ready['authority']}/{ready['tenant']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": ready["client_id"],
            "client_secret": ready["client_secret"],
            "scope": f"{ready['url']}/.default",
        },
        verify=ready["ca"],
        timeout=60,
    ).json()["access_token"]
    requests.post(
        f"{ready['url']}/data/DataManagementDefinitionGroups",
        json={"Name": name, "OperationType": "Import"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    ).raise_for_status()


def test_composites_go_into_an_existing_project_without_overwrite(site: Site) -> None:
    """The route says overwrite, F&O would refuse it: a composite is sent without, and every record is counted."""
    make_project(site, "Orders")
    site.drop("packages/USMF/orders.zip", orders("Orders"))
    run = site.run_of("packages/USMF/orders.zip")
    assert (run["outcome"], run["reason"]) == ("Succeeded", None)
    assert run["entities"] == [{"entity": LABEL, "staged": 5, "created": 5, "updated": 0, "failed": 0, "size": None}]


def test_what_fno_does_not_tell_of_a_composite_is_said(site: Site) -> None:
    """A bad line keeps its whole order out; F&O names neither, so the reason counts and warns of sending all again."""
    make_project(site, "Bad orders")
    site.drop("packages/USMF/bad-orders.zip", orders("Bad orders", item="NONE"))
    run = site.run_of("packages/USMF/bad-orders.zip")
    assert run["outcome"] == "PartiallySucceeded"
    assert run["reason"].startswith(f"3 records of {LABEL} are missing, and F&O does not say which")
    assert "repair" not in run["files"]


def test_a_composite_needs_its_project(site: Site) -> None:
    """Without the project F&O refuses the package, in its own words."""
    site.drop("packages/USMF/lost-orders.zip", orders("No such project"))
    run = site.run_of("packages/USMF/lost-orders.zip")
    assert run["outcome"] == "Failed"
    assert "A data project must exist" in run["reason"]
