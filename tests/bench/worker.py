"""A worker process that sends one package to F&O and measures it.

`python -m tests.bench.worker NAME`, with the app's settings in the environment; NAME is a file in landing. Prints one
JSON line: the figures of `measure`, and the SHA-256 of the package in F&O's storage.
"""

import hashlib
import json
import sys
from uuid import uuid4

from activities.roads import send_package
from landfall.fno.blobs import open_blob
from landfall.records import Run, Source, State
from landfall.services import app_services
from landfall.storage.account import LANDING
from tests.bench.memory import measure


def send(name: str) -> str:
    """Send the file to F&O as a run's submission does; its URL there."""
    services = app_services()
    etag = str(services.account.blob(f"{LANDING}/{name}").get_blob_properties().etag)
    source = Source(LANDING, name, etag)
    run = Run(f"imp-{name}", "import", State.SUBMITTING, source=source, execution_id=f"bench-{uuid4().hex}")
    return send_package(services, run)


def main(name: str) -> None:
    """Measure it, after a small package has loaded everything that any package needs."""
    app_services().account.blob(f"{LANDING}/small.zip").upload_blob(b"small", overwrite=True)
    send("small.zip")
    url, figures = measure(lambda: send(name))
    digest = hashlib.sha256()
    for chunk in open_blob(url, app_services().fno.origin).download_blob().chunks():
        digest.update(chunk)
    print(json.dumps({**figures, "sha256": digest.hexdigest()}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
