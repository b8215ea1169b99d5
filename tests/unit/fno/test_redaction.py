"""Signatures, tokens and keys are removed from texts, and nothing else is."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.fno.redaction import HIDDEN, scrub

SECRET = "qW3rTy+zX/1aB2%2FcD~e="
SAS = f"https://acct.blob.core.windows.net/dmf/a.zip?sv=2014-02-14&sr=b&sig={quote(SECRET, safe='')}&se=2026-01-01T00%3A00Z&sp=rw"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2EifQ.c2lnbmF0dXJl"
SECRETS = {
    "SAS": (SAS, quote(SECRET, safe="")),
    "SAS with the signature first": ("https://a/b?sig=abc%2Bdef%3D&sv=1", "abc%2Bdef%3D"),
    "SAS in JSON": (json.dumps({"BlobId": "{1}", "BlobUrl": SAS}), quote(SECRET, safe="")),
    "SAS in JSON in JSON": (json.dumps({"value": json.dumps({"BlobUrl": SAS})}), quote(SECRET, safe="")),
    "SAS with escaped ampersands": (SAS.replace("&", "\\u0026"), quote(SECRET, safe="")),
    "SAS with HTML's ampersands": (SAS.replace("&", "&amp;"), quote(SECRET, safe="")),
    "SAS within a URL": (f"https://log?of={quote(SAS, safe='')}", quote(quote(SECRET, safe=""), safe="")),
    "SAS in capitals": ("https://a/b?SIG=abcdef&SV=1", "abcdef"),
    "function key": ("http://localhost:7071/api/runs?code=AbC123_-==&x=1", "AbC123_-=="),
    "durable webhook": ("http://h/runtime/webhooks/x?taskHub=T&connection=S&code=AbC123", "AbC123"),
    "bearer": (f"Authorization: Bearer {JWT}", JWT),
    "opaque bearer": ("{'Authorization': 'Bearer 0a1b2c.opaque'}", "0a1b2c.opaque"),
    "a token by itself": (f"got {JWT}, expires soon", JWT),
    "token answer": ('{"token_type":"Bearer","access_token":"opaque-1","expires_in":3599}', "opaque-1"),
    "token answer with spaces": ('{"access_token" : "opaque-1"}', "opaque-1"),
    "token answer in JSON": (json.dumps({"log": '{"access_token":"opaque-1"}'}), "opaque-1"),
    "token answer as Python shows it": ("{'access_token': 'opaque-1'}", "opaque-1"),
    "client secret in a form": ("grant_type=client_credentials&client_secret=s3cr3t~x&scope=a", "s3cr3t~x"),
    "client secret in JSON": ('{"client_secret": "s3cr3t~x"}', "s3cr3t~x"),
    "client secret as Python shows it": ("{'client_secret': 's3cr3t~x'}", "s3cr3t~x"),
    "connection string": ("AccountName=a;AccountKey=Ab+/cd==;EndpointSuffix=x", "Ab+/cd=="),
    "connection string with a SAS": ("SharedAccessSignature=sv=2020&sig=abcdef", "abcdef"),
    "shared key": ("'Authorization': 'SharedKey acct:Ab+/cd=='", "Ab+/cd=="),
    "function key header": ("{'x-functions-key': 'AbC123'}", "AbC123"),
}


@pytest.mark.parametrize("kind", SECRETS)
def test_secrets_are_replaced(kind: str) -> None:
    """A secret in any form is replaced by REDACTED."""
    text, secret = SECRETS[kind]
    assert secret in text
    assert secret not in scrub(text)
    assert HIDDEN in scrub(text)


@pytest.mark.parametrize("kind", SECRETS)
def test_scrubbing_twice_changes_nothing(kind: str) -> None:
    """Scrubbing a text twice changes nothing more."""
    once = scrub(SECRETS[kind][0])
    assert scrub(once) == once


def test_the_rest_of_a_url_stays() -> None:
    """A scrubbed URL keeps the blob, the expiry and the permissions."""
    scrubbed = scrub(SAS)
    assert scrubbed.startswith("https://acct.blob.core.windows.net/dmf/a.zip?sv=2014-02-14&sr=b&sig=REDACTED&se=")
    assert scrubbed.endswith("&sp=rw")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Execution details were not found for execution id: Customers-imp-1-1",
        "the step ended with code=404, error_code=BlobNotFound",
        "Postal code=1234; country code=DE",
        "design=blue&signature_required=no&barcode=12345",
        "The bearer of this letter brings the tokens",
        "packages/USMF/significant=other.zip",
        "Kunde 'Grün & Söhne' wurde nicht gefunden; Feld 'CODE' = \"\"",
        '{"BlobId": "{11111111-2222}", "token_type": "none"}',
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    """A text without secrets stays as it is."""
    assert scrub(text) == text


@given(
    st.text(max_size=60),
    st.from_regex(r"[A-Za-z0-9+/_~.-]{12,60}={0,2}", fullmatch=True),
    st.text(max_size=60),
)
def test_no_signature_survives_anywhere(before: str, secret: str, after: str) -> None:
    """The signature of a SAS is removed from any text around it."""
    text = f"{before} https://a/b?sv=1&sig={quote(secret, safe='')} {after}"
    assert f"sig={quote(secret, safe='')}" not in scrub(text)
