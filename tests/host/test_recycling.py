"""A function that exceeds functionTimeout takes the worker's process with it."""

import json
import time
from urllib.error import URLError

from tests.host.running_host import MakeHost, RunningHost, wait_for

CLOCK = "/admin/host/clock"


def answers(host: RunningHost) -> bool:
    """Whether the host answers requests."""
    try:
        return host.request("GET", "/admin/host/ping")[0] == 200
    except (URLError, OSError):
        return False


def wait_for_restart(host: RunningHost) -> None:
    """Wait until the second process answers; the first one does so too while it ends."""
    wait_for(lambda: host.log.read_text().count("Functions:") == 2)
    wait_for(lambda: answers(host))


def test_a_timeout_ends_everything_in_the_process(make_host: MakeHost) -> None:
    """The step that takes too long and its neighbours fail, the host starts anew, and other instances go on."""
    host = make_host("steps", AzureFunctionsJobHost__functionTimeout="00:00:03")
    waits = host.start_instance("approval", 60)
    first = host.start_instance("take_notes", {"steps": 1, "seconds": 30})
    time.sleep(1.5)
    neighbour = host.start_instance("take_notes", {"steps": 1, "seconds": 2.5})
    wait_for_restart(host)
    assert "Restarting worker process executing invocationId" in host.log.read_text()
    assert "Timeout value of 0:00:03 exceeded by function 'Functions.note'" in host.wait_for_end(first)["output"]
    assert "The worker's process ended while it ran 'note'" in host.wait_for_end(neighbour)["output"]
    assert host.status(waits)["runtimeStatus"] == "Running"
    assert host.wait_for_end(host.start_instance("take_notes", {"steps": 1}))["runtimeStatus"] == "Completed"
    assert len(host.lines()) == 1, "threads of the old process write no more"


def test_a_manual_clock_goes_on(make_host: MakeHost) -> None:
    """The new process has the port and the time of the one before."""
    host = make_host("steps", "--clock", "manual", AzureFunctionsJobHost__functionTimeout="00:00:01")
    host.request("POST", CLOCK, {"seconds": 864000})
    before = json.loads(host.request("GET", CLOCK)[1])["now"]
    instance = host.start_instance("take_notes", {"steps": 1, "seconds": 30})
    wait_for_restart(host)
    assert json.loads(host.request("GET", CLOCK)[1])["now"] == before
    assert host.wait_for_end(instance)["runtimeStatus"] == "Failed"
