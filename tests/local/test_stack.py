from pathlib import Path

import pytest

from landfall.cli.app_api import AppApi
from landfall.cli.places import App
from local.processes import Part, PartError
from local.stack import check_app

LOG = """\
[2026-01-31T10:00:00.000Z] Executed 'Functions.list_runs' (Failed)
Traceback (most recent call last):
  File "settings.py", line 1, in read
    raise SettingsError
SettingsError: FNO_URL: Field required
[2026-01-31T10:00:01.000Z] Executing 'Functions.sweep_due'
"""


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (LOG, "SettingsError: FNO_URL: Field required"),
        ("", "GET runs: http://127.0.0.1:9/api does not answer"),
    ],
)
def test_an_app_that_does_not_answer_failed_to_start(tmp_path: Path, log: str, reason: str) -> None:
    """The error gives the last exception in the host's log, else the failed request, and the log's path."""
    file = tmp_path / "host.log"
    file.write_text(log)
    api = AppApi(App("http://127.0.0.1:9", None), sleep=lambda _: None)
    with pytest.raises(PartError) as raised:
        check_app(api, Part("host", [], file))
    assert str(raised.value).startswith(f"host failed to start: {reason}")
    assert str(raised.value).endswith(f"; log: {file}")
