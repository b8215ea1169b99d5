"""Blobs and streams as file objects, for zip and other readers, without the whole content in memory."""

import io
from collections import OrderedDict
from collections.abc import Iterator

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

BLOCK = 1 << 18
"""Bytes per request: one or two answers hold the directory and both XML files of most packages."""
THROUGH = 1 << 20
"""Bytes per request for a blob that is read from start to end."""
KEPT = 1 << 21
"""Bytes to keep, at least two blocks: zip reads an entry's header, then its data, then the next entry's header."""


class RangedBlob(io.RawIOBase):
    """A version of a blob as a read-only, seekable file.

    Reads raise azure-core's ResourceModifiedError when the blob was replaced, and that or ResourceNotFoundError when it
    was deleted.
    """

    def __init__(self, blob: BlobClient, *, size: int, etag: str, block: int = BLOCK) -> None:
        super().__init__()
        self._block_size = block
        self._blob = blob
        self._size = size
        self._etag = etag
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The position of the next read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position, as in `io`; returns it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with what one block provides."""
        if self._at >= self._size:
            return 0
        number, skip = divmod(self._at, self._block_size)
        piece = self._block(number)[skip : skip + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        offset = number * self._block_size
        data = self._blob.download_blob(
            offset=offset,
            length=min(self._block_size, self._size - offset),
            etag=self._etag,
            match_condition=MatchConditions.IfNotModified,
        ).readall()
        self._blocks[number] = data
        if len(self._blocks) > max(2, KEPT // self._block_size):
            self._blocks.popitem(last=False)
        return data


def open_ranged(blob: BlobClient, *, size: int, etag: str, block: int = BLOCK) -> io.BufferedReader:
    """A version of a blob as a buffered binary file; `block` is the bytes per request."""
    return io.BufferedReader(RangedBlob(blob, size=size, etag=etag, block=block), BLOCK)


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
    """The pieces, one after the other, as a buffered binary file that can be read once."""
    return io.BufferedReader(_Chunked(pieces), 1 << 16)
