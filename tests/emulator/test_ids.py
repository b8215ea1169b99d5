"""Execution ids that F&O makes (fno-behaviour 5.6, 6.8)."""

import re

from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from tests.emulator.test_restart import caller


def test_ids_may_be_named_by_the_second() -> None:
    """With ids by the second, two exports in one second share an id, a later one gets another (fno-behaviour 6.8)."""
    with Emulator(settings=Settings(export_ids="by_second"), speed=0) as emulator:
        fno = caller(emulator.ready)
        export = {"packageName": "p", "executionId": "", "reExecute": False, "legalEntityId": "USMF"}
        first = fno.value("ExportToPackage", definitionGroupId="Vendors export", **export)
        assert re.fullmatch(r"ExportPackage-\d\d/\d\d/\d{4} \d\d:\d\d:\d\d [ap]m", first)
        assert fno.post("ExportToPackage", definitionGroupId="Customers export", **export).status_code == 400
        emulator.clock.advance(1)
        assert fno.value("ExportToPackage", definitionGroupId="Customers export", **export) != first
        fno.session.close()
