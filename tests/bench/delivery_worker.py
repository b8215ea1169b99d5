"""A worker process that delivers one exported package, and says what that took.

`python -m tests.bench.delivery_worker URL SMALL_URL`, with the app's settings in the environment; what lies at SMALL_URL
is delivered before, so that all that any package needs is in memory. Prints one JSON line: bytes of memory when idle and
at the most, seconds, rows, and the files by label.
"""

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from activities.delivery import DeliveryStep, deliver
from landfall.config.plan import Plan
from landfall.records import Run, State, utc_now
from landfall.services import Services, app_services
from tests.bench.worker import memory


@dataclass(frozen=True)
class Offering:
    """An F&O that names one package."""

    origin: str
    url: str

    def exported_package_url(self, _: str) -> str:
        """As the client does."""
        return self.url


def deliver_from(url: str) -> Run:
    """Deliver what lies there, unpacked besides; the run as it stands then."""
    services = app_services()
    entry = {"name": "large", "data_project": "Large", "companies": ["USMF"], "schedule": "0 0 6 * * *"}
    plan = Plan.model_validate({"exports": [{**entry, "unpack": "besides"}]})
    offering: Any = Offering(services.fno.origin, url)
    asked: Services = replace(services, plan=plan, fno=offering)
    run = Run(
        f"exp-large-{uuid4().hex}",
        "export",
        State.RUNNING,
        export="large",
        company="USMF",
        data_project="Large",
        execution_id="large-1",
        times={"Slot": utc_now()},
    )
    asked.ledger.claim(run)
    delivered = deliver(asked, DeliveryStep(run.run_id))
    assert delivered.finding, delivered.trouble
    return asked.ledger.get(run.run_id)


def main(url: str, small: str) -> None:
    """Measure it."""
    deliver_from(small)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most so far is forgotten
    idle, begun = memory("VmRSS"), time.monotonic()
    run = deliver_from(url)
    took, most = time.monotonic() - begun, memory("VmHWM")
    told = {"idle": idle, "most": most, "seconds": took, "rows": run.entities[0].staged, "files": run.files}
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
