"""Reads parts of a blob as if it were a local file: what zip needs, without the blob ever being in memory."""

import io
from collections import OrderedDict
from collections.abc import Iterator

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

BLOCK = 1 << 18
"""Bytes asked for at once: holds the directory and both XML files of most packages in one or two answers."""
THROUGH = 1 << 20
"""The same where all of the blob is read from its beginning to its end."""
KEPT = 1 << 21
"""Bytes remembered, two blocks at least: zip reads an entry's header, then its data, then the next one's."""


class RangedBlob(io.RawIOBase):
    """A blob's version, read-only and seekable.

    Every read is pinned to the ETag: azure.core.exceptions.ResourceModifiedError when another version took its
    place, that or ResourceNotFoundError when it is gone.
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
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read starts."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move there, as io does."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill as much of the buffer as one block gives."""
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
    """The version as a binary file; so many bytes are asked for at once."""
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
    """The pieces, one after the other, as a binary file that is read once."""
    return io.BufferedReader(_Chunked(pieces), 1 << 16)
