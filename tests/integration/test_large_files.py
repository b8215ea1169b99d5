"""Size does not matter: what a file of a GiB costs."""

import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from azure.storage.blob import BlobBlock

from activities.run_files import locate_package
from landfall.claims import claim_file
from landfall.config.settings import Storage
from landfall.records import Step
from landfall.services import Services
from landfall.storage.account import LANDING

MIB = 1 << 20
ROW = b"C-0000001;Name of a customer with an umlaut \xc3\xbc;10;USD;2026-01-31\n"
BLOCK = ROW * (8 * MIB // len(ROW))
SCRIPT = Path(__file__).with_name("large_intake.py")


def upload(services: Services, name: str, size: int) -> Step:
    """Land a CSV of this many bytes at least, block by block."""
    blob = services.account.blob(f"{LANDING}/large/USMF/{name}.csv")
    header = b"ID;NAME;GROUP;CURRENCY;SINCE\n"
    blocks = [header, *[BLOCK] * (size // len(BLOCK) + 1)]
    ids = [BlobBlock(b64encode(f"{number:06}".encode()).decode()) for number in range(len(blocks))]
    for each, content in zip(ids, blocks, strict=True):
        blob.stage_block(each.id, content)
    blob.commit_block_list(ids)
    run = claim_file(services, blob)
    assert run
    return Step(run.run_id)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_csv_of_a_gib_is_wrapped_in_little_memory(services: Services, storage: Storage, name: str) -> None:
    """Converted, packed and hashed within 64 MiB above what the process holds anyway."""
    step = upload(services, Path(name).stem, 1024 * MIB)

    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(storage.connection_string), step.run_id],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent.parent,
        env={"PYTHONPATH": "."},
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["refusal"] is None
    assert told["peak"] - told["idle"] < 64 * MIB
    run = services.ledger.get(step.run_id)
    assert run.source
    assert run.source.size
    assert run.source.size > 1024 * MIB
    assert locate_package(services.account, run).size > 0
    print(f"{(told['peak'] - told['idle']) / MIB:.0f} MiB above {told['idle'] / MIB:.0f}")  # noqa: T201
