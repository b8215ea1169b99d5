"""Packages on their way to F&O's storage, hindered."""

from typing import Any

import pytest

from tests.e2e.site import Site, customer_groups

REFUSED = {"status": 409, "headers": {"x-ms-error-code": "CannotVerifyCopySource"}, "body": ""}


def urls_asked(site: Site) -> int:
    """How many write URLs F&O has given out."""
    return len(site.operations("GetAzureWriteUrl", '"start"'))


@pytest.mark.parametrize(
    ("name", "when", "do", "urls"),
    [
        ("expired", "before", {"expire_sas": True}, 2),
        ("truncated", "during", {"truncate": 10}, 2),
        ("refused", "before", REFUSED, 1),
    ],
)
def test_the_package_arrives_whole(site: Site, name: str, when: str, do: dict[str, Any], urls: int) -> None:
    """An expired URL is renewed, a copy that lost bytes made again, a refused one streamed; one import is made."""
    before = urls_asked(site)
    site.plan_fault({"operation": "PutBlobFromUrl", "when": when, "do": do})
    site.drop(f"packages/USMF/{name}.zip", customer_groups(name.title(), ("M1", name)))
    run = site.run_of(f"packages/USMF/{name}.zip")
    assert run["outcome"] == "Succeeded"
    assert len([each for each in site.fno("executions")["executions"] if each["id"] == run["execution_id"]]) == 1
    assert urls_asked(site) - before == urls
