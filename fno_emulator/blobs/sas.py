"""A SAS for one blob, which the emulator makes and checks as Azure Storage does (fno-behaviour 7.1).

A service SAS is signed with the account's key, a user-delegation SAS with a key that storage gives to an identity. Its
query names that identity and its key's validity, and storage finds the key by them.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, urlencode

ACCOUNT = "fnostorage"
VERSION = "2014-02-14"
"""The version in F&O's own URLs with a service SAS."""
DELEGATED_VERSION = "2022-11-02"
"""The version in URLs with a user-delegation SAS."""
NOT_PERMITTED = "AuthorizationPermissionMismatch"
_SKEW = timedelta(minutes=5)
_OF_KEY = ("skoid", "sktid", "skt", "ske", "sks", "skv")
"""The fields of a user-delegation SAS that tell which key signed it."""


def query(  # noqa: PLR0913, PLR0917 - what a SAS is made of
    key: bytes, resource: str, permissions: str, now: datetime, seconds: int, identity: tuple[str, str] | None = None
) -> str:
    """The query string that grants access to `resource` (container/blob) for that many seconds.

    It is a user-delegation SAS if there is an `identity`, as its object's id and its tenant's.
    """
    start, end = _time(now - _SKEW), _time(now + timedelta(seconds=seconds))
    times = {"st": start, "se": end, "sp": permissions}
    if identity is None:
        signed = {"sv": VERSION, "sr": "b", **times}
        ordered = {"sv": VERSION, "sr": "b", "sig": _signature(key, resource, signed), **times}
    else:
        signed = dict(zip(_OF_KEY, (*identity, start, end, "b", DELEGATED_VERSION), strict=True))
        signed |= {"sv": DELEGATED_VERSION, **times, "sr": "b"}
        ordered = {**signed, "sig": _signature(key, resource, signed)}
    return urlencode(ordered, quote_via=quote, safe="")


def refusal(key: bytes, resource: str, parameters: Mapping[str, str], wanted: str, now: datetime) -> str:
    """Why a query string grants none of the permissions in `wanted` on `resource`; "" if it grants one."""
    if not parameters.get("sig"):
        return "Server failed to authenticate the request. The query has no signature."
    if not hmac.compare_digest(_signature(key, resource, parameters), parameters["sig"]):
        return "Signature did not match."
    if _time(now) < parameters.get("st", "") or _time(now) > parameters.get("se", ""):
        return (
            f"Signed expiry time [{parameters.get('se')}] must be after signed start time [{parameters.get('st')}] "
            f"and the current time [{_time(now)}]"
        )
    if not set(wanted) & set(parameters.get("sp", "")):
        return NOT_PERMITTED
    return ""


def _signature(key: bytes, resource: str, signed: Mapping[str, str]) -> str:
    path = f"/{ACCOUNT}/{resource}"
    headers = ("rscc", "rscd", "rsce", "rscl", "rsct")  # of the response; F&O never overrides one
    more: tuple[str, ...] = ("si", "sv", *headers)
    if "skoid" in signed:
        key = hmac.new(key, "\n".join(signed.get(one, "") for one in _OF_KEY).encode(), sha256).digest()
        # Behind the key's fields come two users, a correlation id, addresses and protocols, behind the resource a
        # snapshot and an encryption scope.
        more = (*_OF_KEY, "saoid", "suoid", "scid", "sip", "spr", "sv", "sr", "snapshot", "ses", *headers)
        path = "/blob" + path
    fields = [*(signed.get(one, "") for one in ("sp", "st", "se")), path, *(signed.get(one, "") for one in more)]
    return base64.b64encode(hmac.new(key, "\n".join(fields).encode(), sha256).digest()).decode()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
