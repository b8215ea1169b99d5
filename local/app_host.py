"""The two hosts that can run the app on this machine: our embedded one, and Azure Functions Core Tools."""

import http.client
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from landfall.cli.places import App
from local.processes import Part, PartError

READY_SECONDS = 60.0
CORE_TOOLS_READY_SECONDS = 300.0  # the first start fetches the extension bundle


@dataclass(frozen=True)
class Host:
    """A host as a part; `ready` waits until the app answers and raises PartError when it does not."""

    part: Part
    ready: Callable[[], App]


def embedded(app: Path, state: Path, port: int, environment: Mapping[str, str], log: Path) -> Host:
    """Describe our own host: it runs the app in `app`, keeps durable history in `state` and enforces function keys."""
    command = [
        sys.executable,
        "-m",
        "local.host",
        str(app),
        "--port",
        str(port),
        "--state",
        str(state),
        "--enable-auth",
    ]
    part = Part(
        "host", command, log, environment=environment, folder=Path(__file__).parent.parent, announces=True
    )

    def ready() -> App:
        line = part.announcement(READY_SECONDS)
        return App(url=line["url"], key=line["key"])

    return Host(part, ready)


def core_tools(app: Path, port: int, environment: Mapping[str, str], log: Path) -> Host:
    """Describe Azure Functions Core Tools, which keep durable history in storage and enforce no keys.

    Raises:
        PartError: func is not on PATH.
    """
    func = shutil.which("func", path=environment.get("PATH"))
    if func is None:
        raise PartError(
            "Azure Functions Core Tools (func) are not on PATH. Install them (npm install -g azure-functions-core-tools@4), "
            "or leave HOST away: make up runs the app in the embedded host.",
        )
    # Core Tools run the Python they find first on PATH; the app's packages are in ours.
    python = {"PATH": f"{Path(sys.executable).parent}:{environment['PATH']}", "VIRTUAL_ENV": sys.prefix}
    everything = {**environment, **python, "FUNCTIONS_WORKER_RUNTIME": "python"}
    part = Part("host", [func, "start", "--port", str(port)], log, environment=everything, folder=app)

    def ready() -> App:
        part.wait_until(lambda: _running(port), CORE_TOOLS_READY_SECONDS)
        return App(url=f"http://127.0.0.1:{port}", key=None)

    return Host(part, ready)


def _running(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/admin/host/status")
        return b'"Running"' in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
