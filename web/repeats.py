"""Requests that are sent again: the same Idempotency-Key with the same body is one request, however often it comes.

With another body it is another request, and a sender who is told that it was carried out would lose it.
"""

import hashlib
from dataclasses import replace
from http import HTTPStatus

from landfall.records import Run
from web.problems import ProblemError

OTHER_BODY = (
    "This Idempotency-Key belongs to a request with another body. Send a new request under a new key; "
    "on a page of the dashboard, reload it first."
)


def other_body() -> ProblemError:
    """The refusal of a key that came with another body before."""
    return ProblemError(HTTPStatus.CONFLICT, OTHER_BODY)


def with_body(run: Run, key: str, body: bytes) -> Run:
    """The run with the hash of the key's body noted; raises ProblemError if another body came with the key before.

    A key that a release without hashes has noted fits every body.
    """
    digest = hashlib.sha256(body).hexdigest()[:32]
    if run.request_bodies.get(key, digest) != digest:
        raise other_body()
    if key in run.request_keys or key in run.request_bodies:
        return run
    return replace(run, request_bodies={**run.request_bodies, key: digest})
