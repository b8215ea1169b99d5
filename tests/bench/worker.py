"""A worker process that brings one package to F&O, and says what that took.

`python -m tests.bench.worker NAME`, with the app's settings in the environment; NAME lies in landing. Prints one JSON
line: bytes of memory when idle and at the most, seconds, and the SHA-256 of what lies in F&O's storage after.
"""

import hashlib
import json
import sys
import time
from pathlib import Path
from uuid import uuid4

from activities.submission import send_package
from landfall.fno.blobs import open_blob
from landfall.records import Run, Source, State
from landfall.services import app_services
from landfall.storage.account import LANDING


def memory(line: str) -> int:
    """Bytes of this process, as the kernel counts them: VmRSS now, VmHWM at the most."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = next(each for each in status.splitlines() if each.startswith(line))
    return int(found.split()[1]) * 1024


def bring(name: str) -> str:
    """Bring the file to F&O as a run's submission does; its URL there."""
    services = app_services()
    etag = str(services.account.blob(f"{LANDING}/{name}").get_blob_properties().etag)
    source = Source(LANDING, name, etag)
    run = Run(f"imp-{name}", "import", State.SUBMITTING, source=source, execution_id=f"bench-{uuid4().hex}")
    return send_package(services, run)


def main(name: str) -> None:
    """Measure it, after a small package has brought everything into memory that any package needs."""
    app_services().account.blob(f"{LANDING}/small.zip").upload_blob(b"small", overwrite=True)
    bring("small.zip")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most so far is forgotten
    idle, begun = memory("VmRSS"), time.monotonic()
    url = bring(name)
    took, most = time.monotonic() - begun, memory("VmHWM")
    digest = hashlib.sha256()
    for chunk in open_blob(url, app_services().fno.origin).download_blob().chunks():
        digest.update(chunk)
    print(json.dumps({"idle": idle, "most": most, "seconds": took, "sha256": digest.hexdigest()}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
