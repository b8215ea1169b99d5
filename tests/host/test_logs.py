"""Which log lines the embedded host shows: those that host.json's levels leave, in the real host's categories."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAY = """
import json, logging, sys
from local.host.logs import set_up_logs
set_up_logs(json.loads(sys.argv[1]), lambda _: True)
for name in ("landfall", "Host.Startup", "Host.Triggers.DurableTask", "azure.core"):
    logging.getLogger(name).info("%s at Information", name)
    logging.getLogger(name).warning("%s at Warning", name)
"""


def shown(levels: dict[str, str]) -> set[str]:
    """Return the loggers whose Information is shown, with these levels of host.json."""
    command = [sys.executable, "-c", SAY, json.dumps(levels)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    assert said.count("at Warning") == 4
    return {line.split()[1] for line in said.splitlines() if "at Information" in line}


@pytest.mark.parametrize(
    ("levels", "names"),
    [
        ({}, {"landfall", "Host.Startup", "Host.Triggers.DurableTask", "azure.core"}),
        ({"default": "Warning"}, set()),
        ({"default": "Warning", "Function.*.User": "Information"}, {"landfall", "azure.core"}),
        ({"default": "Information", "Function.*.User": "Warning"}, {"Host.Startup", "Host.Triggers.DurableTask"}),
    ],
)
def test_the_app_s_lines_have_the_category_of_functions(levels: dict[str, str], names: set[str]) -> None:
    """What the app logs is Function.*.User, whatever its logger's name; what the host logs is Host.*."""
    assert shown(levels) == names


def test_host_json_shows_the_app_s_events_and_little_else() -> None:
    """Every event of ours arrives; of the host's own lines, those of its start."""
    levels = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["logging"]["logLevel"]
    assert shown(levels) - {"azure.core"} == {"landfall", "Host.Startup"}
