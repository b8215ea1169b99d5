"""`python -m tests.host.benchmark [--instances N]`: print how fast the embedded host is on this machine.

The load generator runs on the same machine, so the figures are those of a developer's laptop.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
from azure.storage.blob import ContainerClient

from local.azurite.server import run_azurite
from local.host.clock import parse_utc
from local.processes import stop_at_end
from tests.host.running_host import RunningHost, wait_for

APPS = Path(__file__).parent / "apps"
AT_ONCE = 20
BLOBS = 20
QUIET = {"AzureFunctionsJobHost__logging__logLevel__default": "Warning"}
PENDING = "SELECT count(*) FROM instances WHERE status IN ('Pending', 'Running')"


async def start_many(host: RunningHost, name: str, value: int, count: int) -> None:
    """Start instances, AT_ONCE of them at a time."""
    room = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession() as session:

        async def start_one() -> None:
            async with room, session.post(f"{host.url}/api/start/{name}", json=value) as answer:
                answer.raise_for_status()
                await answer.read()

        await asyncio.gather(*(start_one() for _ in range(count)))


def seconds_for(host: RunningHost, name: str, value: int, count: int = 1) -> float:
    """The seconds from the start of instances to the end of all."""
    start = time.perf_counter()
    asyncio.run(start_many(host, name, value, count))
    while host.rows(PENDING) != [(0,)]:
        time.sleep(0.02)
    return time.perf_counter() - start


def resident_megabytes(host: RunningHost) -> float:
    """The memory of the host's process."""
    pages = int(Path(f"/proc/{host.part.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def timer_lateness(host: RunningHost) -> list[float]:
    """The delays of durable timers in seconds, sorted."""
    seconds_for(host, "approval", 1, 50)
    turns = """SELECT json_extract(a.event, '$.Timestamp'), json_extract(b.event, '$.FireAt')
        FROM history a JOIN history b ON b.instance = a.instance AND b.seq = a.seq + 1
        WHERE json_extract(a.event, '$.EventType') = 12 AND json_extract(b.event, '$.EventType') = 11
        AND a.instance IN (SELECT id FROM instances WHERE name = 'approval')"""
    return sorted((parse_utc(taken) - parse_utc(due)).total_seconds() for taken, due in host.rows(turns))


def blob_lateness(folder: Path) -> list[float]:
    """The seconds from the upload of blobs to the run of their function, sorted."""
    app = Path(shutil.copytree(APPS / "triggers", folder / "blobs" / "triggers"))
    with run_azurite(folder) as azurite, stop_at_end() as parts:
        storage = azurite.connection_string
        settings = {
            "DataStorage": storage,
            "AzureWebJobsStorage": storage,
            "INBOX": "inbox",
            "EVERY": "0 0 0 1 1 *",
        }
        host = RunningHost(app, folder / "blobs" / "state", **QUIET, **settings)
        parts.append(host.part)
        host.start()
        with ContainerClient.from_connection_string(storage, "inbox") as container:
            container.create_container()
            return sorted(seconds_until_seen(host, container, number) for number in range(1, BLOBS + 1))


def seconds_until_seen(host: RunningHost, container: ContainerClient, number: int) -> float:
    """Upload a blob; the seconds until its function has run."""
    # Out of step with the host's polls.
    time.sleep(number * 0.37 % 0.5)
    container.upload_blob(f"{number}.big", b"x")
    start = time.perf_counter()
    wait_for(lambda: len(host.lines()) == number)
    return time.perf_counter() - start


def seconds_to_first_answer(host: RunningHost) -> float:
    """Start the process; the seconds until a function answers."""
    start = time.perf_counter()
    host.start()
    status, body, _ = host.request("GET", "/api/count/nobody")
    took = time.perf_counter() - start
    if (status, json.loads(body)["exists"]) != (200, False):
        raise SystemExit(f"the app answered {status}: {body!r}")
    return took


def measure(host: RunningHost, instances: int) -> list[tuple[str, str, str]]:
    """All figures as (what, figure, target)."""
    rows = [("start to first answer", f"{seconds_to_first_answer(host):.2f} s", "< 1 s")]
    seconds_for(host, "in_a_row", 3, 20)
    before = resident_megabytes(host)
    rate: Callable[[str], float] = lambda name: instances / seconds_for(host, name, 3, instances)  # noqa: E731
    late = timer_lateness(host)
    rows += [
        ("due timers, median and last", f"{late[25] * 1000:.0f} ms, {late[-1] * 1000:.0f} ms", "< 100 ms"),
        ("three activities in a row", f"{rate('in_a_row'):.0f} orchestrations/s", ">= 80"),
        ("three activities at once", f"{rate('fan_out'):.0f} orchestrations/s", ">= 120"),
        ("300 times continue-as-new", f"{seconds_for(host, 'countdown', 300):.2f} s", "< 3 s"),
        ("500 activities at once", f"{seconds_for(host, 'fan_out', 500):.2f} s", ""),
        (
            f"memory over {2 * instances} instances",
            f"{before:.0f} MB -> {resident_megabytes(host):.0f} MB",
            "flat",
        ),
    ]
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1000, help="per throughput figure")
    instances = parser.parse_args().instances
    with tempfile.TemporaryDirectory() as folder:
        app = Path(shutil.copytree(APPS / "steps", Path(folder) / "steps"))
        host = RunningHost(app, Path(folder) / "state", **QUIET)
        try:
            rows = measure(host, instances)
        finally:
            host.part.stop()
        late = blob_lateness(Path(folder))
        figure = f"{late[BLOBS // 2]:.2f} s, {late[-1]:.2f} s"
        for row in [*rows, ("blobs at work, median and last", figure, "< 1 s")]:
            print("{:32} {:24} {}".format(*row))  # noqa: T201 - the table is the purpose


if __name__ == "__main__":
    main()
