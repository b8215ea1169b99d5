"""Copies to a storage that fetches by itself: the F&O emulator's, from a real account."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from activities.roads import send_package
from landfall.config.behaviour import Submission, Transfer
from landfall.config.environments import Fno
from landfall.fno.blobs import open_blob
from landfall.fno.errors import NotMovedError
from landfall.fno.files import MAX_URLS
from landfall.records import Run
from landfall.services import Services, fno_client
from landfall.storage.account import DataAccount
from landfall.storage.blocks import is_expired
from landfall.storage.fno_files import AzureFiles
from landfall.storage.pinned import Pinned, SourceChangedError, md5s, pin
from landfall.storage.transfer import CopyRefusedError, CorruptCopyError, Sizes, copy
from tests.integration.conftest import Drop, emulating
from tests.unit.made_packages import package

MIB = 1024 * 1024
CONTENT = b"".join(number.to_bytes(8) for number in range(5 * MIB // 16))
BLOCKS = Sizes(whole=MIB, block=MIB)
"""As if a service copied one MiB at once: the content is two blocks and a half."""
REFUSED = {
    "status": 403,
    "headers": {"x-ms-error-code": "CannotVerifyCopySource", "Content-Type": "application/xml"},
    "body": "<Error><Code>CannotVerifyCopySource</Code><Message>no</Message></Error>",
}


class Fetching:
    """F&O's storage, and the faults to inject there."""

    def __init__(self, ready: dict[str, Any]) -> None:
        fno = Fno.model_validate(
            {
                "url": ready["url"],
                "authority": ready["authority"],
                "tenant": ready["tenant"],
                "client_id": ready["client_id"],
                "client_secret": ready["client_secret"],
                "ca_bundle": ready["ca"],
            }
        )
        self.client = fno_client(fno, Submission(answer_seconds=60))
        self._control = f"{ready['url']}/_emulator"

    def target(self, name: str) -> BlobClient:
        """The blob for a package of this name."""
        return open_blob(self.client.write_url(name).url, self.client.origin)

    def fault(self, operation: str, do: dict[str, Any], when: str = "before", nth: int = 1) -> None:
        """Inject a fault."""
        fault = {"operation": operation, "nth": nth, "when": when, "do": do}
        requests.post(f"{self._control}/faults", json=fault, timeout=30).raise_for_status()

    def count(self, operation: str) -> int:
        """How often an operation was started."""
        url = f"{self._control}/operations?operation={operation}"
        return sum(each["phase"] == "start" for each in requests.get(url, timeout=30).json()["operations"])


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The ready line of an F&O emulator in a process of its own."""
    with emulating(tmp_path_factory.mktemp("emulator")) as ready:
        yield ready


@pytest.fixture
def fetching(emulator: dict[str, Any]) -> Fetching:
    """The emulator's storage after a reset."""
    requests.post(f"{emulator['url']}/_emulator/reset", timeout=30).raise_for_status()
    return Fetching(emulator)


@pytest.fixture
def source(account: DataAccount) -> Pinned:
    """A version in Landfall's storage."""
    blob = account.blob(f"landing/{uuid4().hex}.zip")
    blob.upload_blob(CONTENT)
    return pin(blob)


@pytest.mark.parametrize(
    ("sizes", "calls"),
    [(Sizes(), ("PutBlobFromUrl", 1)), (BLOCKS, ("PutBlockFromUrl", 3))],
    ids=["whole", "blocks"],
)
def test_the_service_fetches_by_itself(
    account: DataAccount, fetching: Fetching, source: Pinned, sizes: Sizes, calls: tuple[str, int]
) -> None:
    """The copy equals the source, has Landfall's media type, and no byte of it went through the app."""
    target = fetching.target("a.zip")
    how = copy(source, target, account.read_grant, hashes=md5s(source, sizes.parts(source)), sizes=sizes)
    assert how == "server-side"
    assert fetching.count(calls[0]) == calls[1]
    assert fetching.count("PutBlob") + fetching.count("PutBlock") == 0
    arrived = pin(target)
    assert hashlib.sha256(target.download_blob().readall()).digest() == hashlib.sha256(CONTENT).digest()
    assert target.get_blob_properties().content_settings.content_type == "application/zip"
    assert arrived.size == len(CONTENT)


@pytest.mark.parametrize("sizes", [Sizes(), BLOCKS], ids=["whole", "blocks"])
def test_a_refused_copy_is_streamed(account: DataAccount, fetching: Fetching, source: Pinned, sizes: Sizes) -> None:
    """A firewall in front of Landfall's storage costs bandwidth, not the import."""
    for operation in ("PutBlobFromUrl", "PutBlockFromUrl"):
        fetching.fault(operation, REFUSED)
    target = fetching.target("a.zip")
    assert copy(source, target, account.read_grant, sizes=sizes) == "streamed"
    assert target.download_blob().readall() == CONTENT


def test_mode_server_says_what_to_do(account: DataAccount, fetching: Fetching, source: Pinned) -> None:
    """With server-side copies only, the error says why there was none, and nothing arrives."""
    fetching.fault("PutBlobFromUrl", REFUSED)
    target = fetching.target("a.zip")
    with pytest.raises(CopyRefusedError, match=r"CannotVerifyCopySource.*transfer\.copy_mode"):
        copy(source, target, account.read_grant, mode="server")
    assert not target.exists()


def test_mode_stream_asks_nobody_to_fetch(account: DataAccount, fetching: Fetching, source: Pinned) -> None:
    """With streaming, no other service reads Landfall's storage."""
    target = fetching.target("a.zip")
    assert copy(source, target, account.read_grant, mode="stream") == "streamed"
    assert fetching.count("PutBlobFromUrl") + fetching.count("PutBlockFromUrl") == 0
    assert target.download_blob().readall() == CONTENT


@pytest.mark.parametrize("mode", ["auto", "server"])
@pytest.mark.parametrize("sizes", [Sizes(), BLOCKS], ids=["whole", "blocks"])
def test_a_replaced_source_is_not_fetched(
    account: DataAccount, fetching: Fetching, source: Pinned, sizes: Sizes, mode: Any
) -> None:
    """The service is told which version to fetch, and fetches no other."""
    source.blob.upload_blob(b"newer", overwrite=True)
    target = fetching.target("a.zip")
    with pytest.raises(SourceChangedError):
        copy(source, target, account.read_grant, mode=mode, sizes=sizes)
    assert not target.exists()


@pytest.mark.parametrize("mode", ["auto", "server", "stream"])
def test_an_expired_url_is_told_from_a_refusal(
    account: DataAccount, fetching: Fetching, source: Pinned, mode: Any
) -> None:
    """An expired SAS asks for a new URL, and not for streaming to the same one."""
    for operation in ("PutBlobFromUrl", "PutBlock"):
        fetching.fault(operation, {"expire_sas": True})
    with pytest.raises(HttpResponseError) as refused:
        copy(source, fetching.target("a.zip"), account.read_grant, mode=mode)
    assert is_expired(refused.value)


@pytest.mark.parametrize("operation", ["PutBlobFromUrl", "PutBlockFromUrl"])
def test_a_copy_that_lost_bytes_is_detected(
    account: DataAccount, fetching: Fetching, source: Pinned, operation: str
) -> None:
    """The length is compared even when the service reports success."""
    fetching.fault(operation, {"truncate": 100}, when="during")
    sizes = Sizes() if operation == "PutBlobFromUrl" else BLOCKS
    with pytest.raises(CorruptCopyError):
        copy(source, fetching.target("a.zip"), account.read_grant, sizes=sizes)


def test_a_copy_in_blocks_goes_on_where_it_was(account: DataAccount, fetching: Fetching, source: Pinned) -> None:
    """The service lists the blocks it has, and is asked for the missing one only."""
    fetching.fault("PutBlockFromUrl", REFUSED, nth=3)
    target = fetching.target("a.zip")
    with pytest.raises(CopyRefusedError):
        copy(source, target, account.read_grant, mode="server", sizes=BLOCKS)
    assert not target.exists()
    assert copy(source, target, account.read_grant, mode="server", sizes=BLOCKS) == "server-side"
    assert fetching.count("PutBlockFromUrl") == 3 + 1
    assert target.download_blob().readall() == CONTENT


@pytest.mark.parametrize("sizes", [Sizes(), BLOCKS], ids=["whole", "blocks"])
def test_other_bytes_than_were_hashed_are_refused(
    account: DataAccount, fetching: Fetching, source: Pinned, sizes: Sizes
) -> None:
    """The service compares the MD5s and takes nothing that differs; the app then streams the file."""
    wrong = [bytes(16) for _ in md5s(source, sizes.parts(source))]
    target = fetching.target("a.zip")
    with pytest.raises(CopyRefusedError, match="Md5Mismatch"):
        copy(source, target, account.read_grant, mode="server", hashes=wrong, sizes=sizes)
    assert not target.exists()
    assert copy(source, target, account.read_grant, hashes=wrong, sizes=sizes) == "streamed"
    assert target.download_blob().readall() == CONTENT


@pytest.fixture
def services(services: Services, fetching: Fetching) -> Services:
    """The app's services at this F&O."""
    return replace(services, fno=fetching.client)


@pytest.fixture
def run(drop: Drop) -> Run:
    """A run whose package is about to be sent."""
    return replace(drop(), execution_id="Groups-1")


@pytest.mark.parametrize("mode", ["auto", "server", "stream"])
def test_an_expired_write_url_is_renewed(services: Services, fetching: Fetching, run: Run, mode: Any) -> None:
    """After three expired URLs, the whole package is at the fourth."""
    operation = "PutBlock" if mode == "stream" else "PutBlobFromUrl"
    for nth in range(1, MAX_URLS):
        fetching.fault(operation, {"expire_sas": True}, nth=nth)
    plan = services.plan.model_copy(update={"transfer": Transfer(copy_mode=mode)})
    url = send_package(replace(services, plan=plan), run)
    assert fetching.count("GetAzureWriteUrl") == MAX_URLS
    assert open_blob(url, fetching.client.origin).download_blob().readall() == package()


def test_urls_that_always_expire_are_given_up(services: Services, fetching: Fetching, run: Run) -> None:
    """The number of URLs is bounded, and F&O itself was not called."""
    for nth in range(1, MAX_URLS + 1):
        fetching.fault("PutBlobFromUrl", {"expire_sas": True}, nth=nth)
    with pytest.raises(NotMovedError, match="4 URLs in a row: the write URL expired"):
        send_package(services, run)


def test_a_copy_that_lost_bytes_is_made_again(services: Services, fetching: Fetching, run: Run) -> None:
    """What F&O will read is compared before F&O is asked to read it."""
    fetching.fault("PutBlobFromUrl", {"truncate": 10}, when="during")
    url = send_package(services, run)
    assert open_blob(url, fetching.client.origin).download_blob().readall() == package()


def test_a_url_elsewhere_is_not_opened(services: Services, fetching: Fetching, run: Run) -> None:
    """A forged answer of F&O gets neither the package nor a storage token by naming another host."""
    answer = {"value": '{"BlobId":"{1}","BlobUrl":"http://169.254.169.254/latest/a.zip?sig=c2VjcmV0"}'}
    fetching.fault("GetAzureWriteUrl", {"status": 200, "body": json.dumps(answer)})
    with pytest.raises(NotMovedError, match=r"169\.254\.169\.254, which is not opened"):
        send_package(services, run)


@pytest.mark.parametrize("status", [404, 409])
def test_what_the_target_refuses_is_no_matter_of_the_file(
    account: DataAccount, fetching: Fetching, source: Pinned, status: int
) -> None:
    """A 404 of F&O's storage does not mean that the landed file is gone."""
    fault = {**REFUSED, "status": status, "headers": {"x-ms-error-code": "ContainerNotFound"}}
    for operation in ("PutBlob", "PutBlock"):
        fetching.fault(operation, fault)
    files = AzureFiles(fetching.client.origin, (), "stream", account.read_grant)
    with pytest.raises(NotMovedError, match=f"F&O's storage answered {status} ContainerNotFound"):
        files.send(source, fetching.client.write_url("a.zip").url)
