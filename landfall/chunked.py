"""Reads an iterator of bytes as if it were a file."""

import io
from collections.abc import Iterator


class _Chunked(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def open_chunked(pieces: Iterator[bytes]) -> io.BufferedReader:
    """The pieces, one after the other, as a binary file that is read once."""
    return io.BufferedReader(_Chunked(pieces), 1 << 16)
