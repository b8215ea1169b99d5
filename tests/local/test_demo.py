import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from local.demo.run import demo

# A SAS signature, a JSON web token, a bearer header.
SECRET = re.compile(rb"sig=|eyJ[\w-]{10,}\.|Bearer ")


@pytest.mark.slow
def test_demo_succeeds_and_leaks_nothing(tmp_path: Path) -> None:
    """Every sample ends as expected, the reports are there for a person, and no file that is left holds a secret.

    The files include the app's ledger and durable history, storage, the emulator's state and all logs.
    """
    out = io.StringIO()
    good = demo(Console(file=out, width=200), tmp_path)
    assert good, out.getvalue()
    assert "All samples ended as expected (2 are meant to fail)." in out.getvalue()
    assert (tmp_path / "demo" / "out" / "new-customers" / "errors.csv").is_file()
    assert "new-customers/errors.csv" in out.getvalue()
    left = [file for file in (tmp_path / "demo").rglob("*") if file.is_file()]
    assert {"durable.db", "host.log", "emulator.log", "azurite.log"} <= {file.name for file in left}
    assert [file for file in left if SECRET.search(file.read_bytes())] == []
