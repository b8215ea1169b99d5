"""No secret is written down anywhere (design I7), after the other tests have made every kind of run."""

import json
import re
from pathlib import Path

from tests.e2e.site import Site, customer_groups

SIGNATURE = re.compile(rb"sig=(?!REDACTED)[A-Za-z0-9%+/_-]{8,}")
TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|Bearer (?!REDACTED)[A-Za-z0-9._-]{20,}")


def everything_written(site: Site) -> list[Path]:
    """Every file of the run but the emulator's own state: history, ledger, blobs, logs."""
    folder = site.folder
    return [path for path in folder.rglob("*") if path.is_file() and folder / "emulator" not in path.parents]


def test_no_signature_token_or_secret_is_written_down(site: Site) -> None:
    """Durable history, ledger, receipts, reports and logs hold no SAS, no bearer token, no client secret."""
    site.drop("packages/USMF/secrets.zip", customer_groups("Secrets", ("SECRET", "None in here")))
    run = site.run_of("packages/USMF/secrets.zip")
    secret = site.stack.emulator["client_secret"].encode()

    files = everything_written(site)
    found = {
        str(path.relative_to(site.folder)): match
        for path in files
        for match in [
            *SIGNATURE.findall(path.read_bytes()),
            *TOKEN.findall(path.read_bytes()),
            *re.findall(re.escape(secret), path.read_bytes()),
        ]
    }

    assert found == {}
    searched = b"".join(path.read_bytes() for path in files)
    assert run["run_id"].encode() in searched
    assert {"host", "azurite", "logs"} <= {path.relative_to(site.folder).parts[0] for path in files}


def test_no_secret_is_answered(site: Site) -> None:
    """What the HTTP API shows of runs holds none either."""
    text = json.dumps(site.runs()).encode()
    assert SIGNATURE.findall(text) == []
    assert TOKEN.findall(text) == []


def test_the_search_finds_what_it_looks_for() -> None:
    """The patterns are not blind: real forms of a SAS and a token are found, redacted ones are not."""
    assert SIGNATURE.search(b"https://a/b?sv=2014-02-14&sig=Zm9v%2Bbar12345%3D&se=2026")
    assert not SIGNATURE.search(b"https://a/b?sig=REDACTED")
    assert TOKEN.search(b"Authorization: Bearer abcdefghijklmnopqrstuvwxyz")
    assert TOKEN.search(b"eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwIn0.x")
