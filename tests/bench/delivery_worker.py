"""A worker process that delivers one exported package and measures it.

`python -m tests.bench.delivery_worker URL SMALL_URL`, with the app's settings in the environment. It first delivers the
package at SMALL_URL, which loads everything that any package needs. Prints one JSON line: the figures of `measure`, the
rows, and the files by label.
"""

import json
import sys
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from activities.delivery import DeliveryStep, deliver
from landfall.config.plan import Plan
from landfall.records import Run, State, utc_now
from landfall.services import Services, app_services
from tests.bench.memory import measure


@dataclass(frozen=True)
class Offering:
    """An F&O with one exported package."""

    origin: str
    url: str

    def exported_package_url(self, _: str) -> str:
        """The package's URL, whatever the execution."""
        return self.url


def deliver_from(url: str) -> Run:
    """Deliver the package at a URL as a zip and unpacked; its run."""
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
    run, figures = measure(lambda: deliver_from(url))
    print(json.dumps({**figures, "rows": run.entities[0].staged, "files": run.files}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
