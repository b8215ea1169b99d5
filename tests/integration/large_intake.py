"""Run as a process of its own: intake of one landed file, and what memory it took.

`python large_intake.py CONNECTION RUN_ID` prints {"idle": bytes, "peak": bytes, "refusal": words or null}.
"""

import json
import resource
import sys

from activities.intake import Admission, intake
from landfall.config.plan import Plan
from landfall.config.settings import Storage
from landfall.fno import FnoClient
from landfall.ledger.ledger import Ledger
from landfall.records import Run, Source, State, Step, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING, DataAccount

PLAN = Plan.model_validate(
    {"imports": [{"name": "large", "path": "large/{company}/{name}.csv", "entity": "Customers V3", "format": "CSV"}]}
)
WARM_UP = b"ID;NAME\n1;a\n"


class NoFno(FnoClient):
    """Intake does not speak to F&O."""

    def __init__(self) -> None:
        """Nothing to reach."""


def peak() -> int:
    """The most memory that this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(connection: str, run_id: str) -> None:
    """Take in a small file, so that all is imported and connected, then the file of the run."""
    account = DataAccount(Storage(connection_string=connection))
    known = Services(PLAN, account, Ledger(account.ledger_table()), NoFno())
    blob = account.blob(f"{LANDING}/large/USMF/{run_id}-small.csv")
    etag = blob.upload_blob(WARM_UP, overwrite=True)["etag"]
    source = Source(LANDING, str(blob.blob_name), str(etag))
    small = Run(f"{run_id}-small", "import", State.CLAIMED, source=source, times={"Landed": utc_now()})
    known.ledger.claim(small)
    intake(known, Step(small.run_id))
    idle = peak()
    admission = intake(known, Step(run_id))
    assert isinstance(admission, Admission)
    told = {"idle": idle, "peak": peak(), "refusal": admission.refusal and admission.refusal.reason}
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
