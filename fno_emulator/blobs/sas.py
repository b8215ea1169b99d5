"""A service SAS for one blob. The emulator makes it and checks it as Azure Storage does (fno-behaviour 7.1)."""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, urlencode

ACCOUNT = "fnostorage"
VERSION = "2014-02-14"
"""The version in F&O's own URLs."""
NOT_PERMITTED = "AuthorizationPermissionMismatch"
_SKEW = timedelta(minutes=5)


def query(key: bytes, resource: str, permissions: str, now: datetime, seconds: int) -> str:
    """The query string that grants access to `resource` (container/blob) for that many seconds."""
    signed = {
        "sv": VERSION,
        "sr": "b",
        "st": _time(now - _SKEW),
        "se": _time(now + timedelta(seconds=seconds)),
        "sp": permissions,
    }
    signature = _signature(key, resource, signed)
    ordered = {"sv": signed["sv"], "sr": "b", "sig": signature, **{one: signed[one] for one in ("st", "se", "sp")}}
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
    # Permissions, start, expiry, resource, identifier, version, and five response headers that F&O never overrides.
    fields = [
        signed.get("sp", ""),
        signed.get("st", ""),
        signed.get("se", ""),
        f"/{ACCOUNT}/{resource}",
        "",
        signed.get("sv", ""),
        *[signed.get(one, "") for one in ("rscc", "rscd", "rsce", "rscl", "rsct")],
    ]
    return base64.b64encode(hmac.new(key, "\n".join(fields).encode(), sha256).digest()).decode()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
