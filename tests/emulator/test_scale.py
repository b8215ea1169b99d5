"""Many executions at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from tests.contract.package_files import package, part
from tests.emulator.test_restart import caller

EIGHT = Settings(execution_seconds=0, queue_seconds=0, one_import_call_per_environment=False)


@pytest.mark.slow
def test_a_thousand_executions_eight_at_once() -> None:
    """The counts of every execution add up, and no row is lost or written twice."""
    with Emulator(settings=EIGHT) as emulator:
        fno = caller(emulator.ready)

        def run(number: int) -> tuple[str, str]:
            rows = [f"C{number},Name,10,USD", "SAME,Name,10,USD", f"B{number},Bad,NONE,USD"]
            customers = part(
                "Customers V3", "CUSTOMERACCOUNT,ORGANIZATIONNAME,CUSTOMERGROUPID,SALESCURRENCYCODE", *rows
            )
            return fno.run_import(package(customers), f"P{number % 8}-{number}")

        with ThreadPoolExecutor(8) as pool:
            assert {status for _, status in pool.map(run, range(1000))} == {"PartiallySucceeded"}
        created = 0
        for one in fno.control("GET", "executions")["executions"]:
            (counts,) = one["entities"]
            assert counts["created"] + counts["updated"] + counts["failed"] == counts["staged"] == counts["sent"] == 3
            created += counts["created"]
        assert created == 1001
        assert len(fno.rows("CustomersV3", "&$filter=OrganizationName eq 'Name'")) == 1001
        fno.session.close()
