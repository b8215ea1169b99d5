"""Reading one file has a bound of processor time, and ends when nobody wants the file any more."""

import io
from collections.abc import Iterator

import pytest

from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget


class NotWantedError(Exception):
    """Nobody wants the file."""


def ticking(*moments: float) -> Iterator[float]:
    """A clock that shows these moments, one after the other."""
    yield from moments


def test_reading_ends_when_the_time_is_used_up() -> None:
    """A file that takes far more processor time than its size explains is refused in words."""
    content = Budget(1 << 20, spent=ticking(100.0, 114.9, 115.1).__next__).meter(io.BytesIO(b"abcd"))
    assert content.read(2) == b"ab"
    with pytest.raises(RefusedPackageError, match="more than 15 seconds of processor time"):
        content.read(2)


def test_reading_ends_when_nobody_wants_the_file() -> None:
    """A run that a person cancels stops within seconds, and the ledger is asked rarely meanwhile."""
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise NotWantedError

    clock = ticking(0.0, 1.9, 2.1, 2.1, 2.2, 4.2, 4.2)
    content = Budget(0, check, spent=lambda: 0.0, clock=clock.__next__).meter(io.BytesIO(b"abcdef"))
    assert [content.read(2), content.read(2), content.read(2)] == [b"ab", b"cd", b"ef"]
    assert len(asked) == 1
    with pytest.raises(NotWantedError):
        content.read(2)


def test_a_metered_file_is_the_file() -> None:
    """The content is read as it is, and closed with its meter."""
    whole = io.BytesIO(bytes(range(256)) * 1000)
    with Budget(0).meter(whole) as content:
        assert b"".join(iter(lambda: content.read(1000), b"")) == bytes(range(256)) * 1000
    assert whole.closed
