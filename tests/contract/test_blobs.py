"""azure-storage-blob works with the SAS URLs that F&O hands out (fno-behaviour 7)."""

import hashlib
import json
import os
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobBlock, BlobClient, BlockState

from fno_emulator.server import Emulator
from tests.contract.conftest import Caller

MATCH = MatchConditions.IfNotModified
CONTENT = os.urandom(300_000)


def write_url(fno: Caller, name: str = "some name.zip") -> str:
    """A write URL for a new blob whose name ends with `name`."""
    return fno.write_url(f"{uuid4()} {name}")


def test_write_url_is_a_json_string(fno: Caller) -> None:
    """GetAzureWriteUrl returns a string that contains JSON (fno-behaviour 1.3)."""
    value = fno.value("GetAzureWriteUrl", uniqueFileName="a.zip")
    made = json.loads(value)
    assert list(made) == ["BlobId", "BlobUrl"]
    assert "/dmf/a.zip?s" in made["BlobUrl"]


SIGNATURES = ["user_delegation", "service"]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_urls_are_signed_as_the_environment_does(fno: Caller, signature: str) -> None:
    """A user-delegation SAS names the key that signed it, and both kinds open their blob (fno-behaviour 7.1)."""
    fno.control("PATCH", "settings", {"signature": signature})
    url = write_url(fno)
    named = {"skoid", "sktid", "skt", "ske", "sks", "skv"} & parse_qs(urlsplit(url).query).keys()
    assert len(named) == (6 if signature == "user_delegation" else 0)
    with BlobClient.from_blob_url(url) as blob:
        blob.upload_blob(CONTENT)
        assert blob.download_blob().readall() == CONTENT


def test_upload_in_one_piece_and_read_back(fno: Caller) -> None:
    """Uploads, properties and ranged downloads work as on Azure (fno-behaviour 7.4)."""
    with BlobClient.from_blob_url(write_url(fno)) as blob:
        blob.upload_blob(CONTENT)
        assert blob.get_blob_properties().size == len(CONTENT)
        assert blob.download_blob().readall() == CONTENT
        assert blob.download_blob(offset=1000, length=500).readall() == CONTENT[1000:1500]
        with pytest.raises(ResourceExistsError):
            blob.upload_blob(CONTENT)


def test_upload_in_blocks(fno: Caller) -> None:
    """A large body is uploaded in blocks and downloaded complete (fno-behaviour 7.4)."""
    with BlobClient.from_blob_url(write_url(fno), max_single_put_size=1000, max_block_size=70_000) as blob:
        blob.upload_blob(CONTENT, overwrite=True)
        assert blob.download_blob().readall() == CONTENT
    assert len(fno.control("GET", "operations?operation=PutBlock")["operations"]) > 4


def test_copies_from_a_url(fno: Caller) -> None:
    """Put Blob From URL and Put Block From URL copy the source, with ranges and conditions (fno-behaviour 7.4)."""
    source, target, joined = (write_url(fno, name) for name in ("source", "target", "joined"))
    with BlobClient.from_blob_url(source) as blob:
        etag = blob.upload_blob(CONTENT)["etag"]
    with BlobClient.from_blob_url(target) as blob:
        blob.upload_blob_from_url(source, source_etag=etag, source_match_condition=MATCH)
        assert blob.download_blob().readall() == CONTENT
        with pytest.raises(HttpResponseError, match="SourceConditionNotMet"):
            blob.upload_blob_from_url(source, overwrite=True, source_etag='"0xOLD"', source_match_condition=MATCH)
    with BlobClient.from_blob_url(joined) as blob:
        blob.stage_block_from_url("b", source, source_offset=100_000, source_length=200_000)
        blob.stage_block_from_url("a", source, source_offset=0, source_length=100_000)
        blob.commit_block_list([BlobBlock("a"), BlobBlock("b")])
        assert blob.download_blob().readall() == CONTENT


def test_write_url_ends_after_half_an_hour(fno: Caller, running: Emulator) -> None:
    """A request with an expired SAS answers 403 AuthenticationFailed, in Azure's XML (fno-behaviour 7.1)."""
    url = write_url(fno)
    running.clock.advance(30 * 60 + 1)
    answer = requests.put(url, data=b"x", headers={"x-ms-blob-type": "BlockBlob"}, timeout=30)
    assert answer.status_code == 403
    assert "<Code>AuthenticationFailed</Code>" in answer.text


@pytest.mark.parametrize("signature", SIGNATURES)
def test_altered_sas_is_refused(fno: Caller, signature: str) -> None:
    """A SAS is valid only for its blob, with its permissions, times and key (fno-behaviour 7.1)."""
    fno.control("PATCH", "settings", {"signature": signature})
    url = write_url(fno, "mine")
    put = {"data": b"x", "headers": {"x-ms-blob-type": "BlockBlob"}, "timeout": 30}
    for wrong in (
        url.replace("mine?", "yours?"),
        url.replace("sp=rw", "sp=rwd"),
        url.replace("sks=b", "sks=q").replace("se=20", "se=21"),
        urlsplit(url)._replace(query="").geturl(),
    ):
        assert requests.put(wrong, **put).status_code == 403  # noqa: S113 - the timeout is in put


def test_blob_type_is_mandatory(fno: Caller) -> None:
    """A PUT without x-ms-blob-type answers 400 (fno-behaviour 7.4)."""
    answer = requests.put(write_url(fno), data=b"x", timeout=30)
    assert answer.status_code == 400
    assert answer.headers["x-ms-error-code"] == "MissingRequiredHeader"


def test_version_of_the_api_may_be_too_new(fno: Caller) -> None:
    """Local development storage refuses a newer x-ms-version, and accepts requests without one (fno-behaviour 7.6)."""
    fno.control("PATCH", "settings", {"newest_storage_version": "2019-02-02"})
    url = write_url(fno)
    with BlobClient.from_blob_url(url) as blob, pytest.raises(HttpResponseError, match="InvalidHeaderValue"):
        blob.upload_blob(CONTENT)
    put = requests.put(url, data=b"x", headers={"x-ms-blob-type": "BlockBlob"}, timeout=30)
    assert put.status_code == 201


def test_missing_blob_is_404(fno: Caller) -> None:
    """A blob that was not uploaded answers 404 (fno-behaviour 7.4)."""
    with BlobClient.from_blob_url(write_url(fno)) as blob, pytest.raises(HttpResponseError) as raised:
        blob.get_blob_properties()
    assert raised.value.status_code == 404


def test_token_and_sas_exclude_each_other(fno: Caller) -> None:
    """A request with both a SAS and a bearer token is refused and writes nothing (fno-behaviour 7.4)."""
    url = write_url(fno)
    headers = {"x-ms-blob-type": "BlockBlob"}
    assert fno.session.put(url, data=b"x", headers=headers, timeout=30).status_code in (401, 403)
    assert requests.get(url, timeout=30).status_code == 404


def test_block_list(fno: Caller) -> None:
    """Uncommitted and committed blocks are listed with sizes; a commit can reuse committed ones (fno-behaviour 7.4)."""
    with BlobClient.from_blob_url(write_url(fno)) as blob:
        with pytest.raises(HttpResponseError) as missing:
            blob.get_block_list("all")
        assert missing.value.status_code == 404
        blob.stage_block("a", CONTENT[:1000])
        blob.stage_block("b", CONTENT[1000:1500])
        assert [(one.id, one.size) for one in blob.get_block_list("uncommitted")[1]] == [
            ("a", 1000),
            ("b", 500),
        ]
        blob.commit_block_list([BlobBlock("b"), BlobBlock("a")])
        committed, staged = blob.get_block_list("all")
        assert ([one.id for one in committed], staged) == (["b", "a"], [])
        blob.stage_block("c", b"end")
        blob.commit_block_list([BlobBlock("a", BlockState.COMMITTED), BlobBlock("c", BlockState.UNCOMMITTED)])
        assert blob.download_blob().readall() == CONTENT[:1000] + b"end"
        with pytest.raises(HttpResponseError, match="InvalidBlockList"):
            blob.commit_block_list([BlobBlock("b")])


def test_content_must_match_its_md5(fno: Caller) -> None:
    """An upload or a copy with a wrong MD5 answers 400 and writes nothing (fno-behaviour 7.4)."""
    source, target = write_url(fno), write_url(fno)
    right, wrong = (bytearray(hashlib.md5(one, usedforsecurity=False).digest()) for one in (CONTENT, b"x"))
    with BlobClient.from_blob_url(source) as blob:
        blob.upload_blob(CONTENT, validate_content=True)
    with BlobClient.from_blob_url(target) as blob:
        for copy in (
            lambda md5: blob.upload_blob_from_url(source, source_content_md5=md5),
            lambda md5: blob.stage_block_from_url("a", source, 0, len(CONTENT), md5),
        ):
            with pytest.raises(HttpResponseError, match="Md5Mismatch"):
                copy(wrong)
            assert not blob.exists()
        blob.stage_block_from_url("a", source, 0, len(CONTENT), right)
        blob.upload_blob_from_url(source, source_content_md5=right)
        assert blob.download_blob().readall() == CONTENT


@pytest.mark.usefixtures("seeded")
def test_source_may_need_a_token(fno: Caller) -> None:
    """A copy sends the given Authorization to its source; without it, it fails like the source (fno-behaviour 7.4)."""
    token = str(fno.session.headers["Authorization"])
    source = f"{fno.ready['url']}/data/Currencies('USD')"
    with BlobClient.from_blob_url(write_url(fno)) as blob:
        for authorization in (None, "Bearer nonsense"):
            with pytest.raises(HttpResponseError) as refused:
                blob.upload_blob_from_url(source, source_authorization=authorization)
            assert refused.value.status_code == 401
        blob.upload_blob_from_url(source, source_authorization=token)
        assert b"US Dollar" in blob.download_blob().readall()
        blob.stage_block_from_url("a", source, 0, 9, source_authorization=token)
        blob.commit_block_list([BlobBlock("a")])
