"""Whose fault an error is: the file's, which then fails, or the environment's, which fails no file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from landfall.fno.errors import (
    AuthError,
    FnoError,
    NoAnswerError,
    NotMovedError,
    NotSentError,
    RefusedError,
    ServerError,
    ThrottledError,
    WrongAddressError,
)


class Concern(StrEnum):
    """What an error concerns."""

    FILE = "file"
    """The file or the execution: F&O has read the request and says no to it."""
    ENVIRONMENT = "environment"
    """The environment: it refuses every request of this app until a person changes something."""
    PASSING = "passing"
    """The environment as well, but it may be over in a moment. It counts only when it lasts."""


@dataclass(frozen=True)
class Sorting:
    """What an error of a kind concerns, and the fact that this rests on."""

    concern: Concern
    because: str


SORTINGS: Mapping[type[FnoError], Sorting] = MappingProxyType(
    {
        RefusedError: Sorting(Concern.FILE, "400 with F&O's own words is about what was sent (fno-behaviour 2.1)"),
        AuthError: Sorting(
            Concern.ENVIRONMENT,
            "a refused token, 401 and 403 are about the app, whatever it sends (fno-behaviour 8.1, 8.4)",
        ),
        WrongAddressError: Sorting(
            Concern.ENVIRONMENT, "a redirect, 404 or 405 is about the address (fno-behaviour 2.6, 2.13)"
        ),
        NotMovedError: Sorting(
            Concern.ENVIRONMENT,
            "F&O's storage takes any package at a URL that it signed itself (fno-behaviour 7.1, 7.4)",
        ),
        ThrottledError: Sorting(Concern.PASSING, "429 is about the load of the whole environment (fno-behaviour 2.14)"),
        ServerError: Sorting(Concern.PASSING, "5xx and 408 come from a server that restarts, or from one before it"),
        NoAnswerError: Sorting(
            Concern.PASSING, "an answer that is lost, late or no JSON says nothing about the file (fno-behaviour 2.7)"
        ),
        NotSentError: Sorting(
            Concern.PASSING, "DNS, TLS, the connection or the authority failed before F&O saw the file"
        ),
    }
)
"""Every kind of error, most of them F&O's answers. What has no entry of its own is as its nearest base class."""


def concern_of(error: FnoError) -> Concern:
    """Return what an error concerns; for the file's kinds of refusal too, such as an overlap or an unknown id."""
    return next(SORTINGS[kind].concern for kind in type(error).__mro__ if kind in SORTINGS)
