"""Cuts an XML file into its records byte for byte, with one record in memory at a time.

So encoding, quoting, order and unknown elements stay as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers.expat import ExpatError, ParserCreate

from landfall.packages.formats.rows import Wanted

CHUNK = 1 << 16
"""Bytes parsed at once."""


@dataclass
class Slice:
    """A piece of the file: a record and the space after it, or the bytes before the first or after the last record.

    `number` counts records from 0; it is None for a piece that is not a record.
    """

    raw: bytes = b""
    number: int | None = None


def slices(content: IO[bytes], depth: int = 1, parent: str | None = None) -> Iterator[Slice]:
    """The whole file in pieces; a record is an element at this depth, inside an element of the parent's name if given.

    Raises ValueError for a file that is not well-formed or has a document type declaration.
    """
    cutter = _Cutter(depth, parent)
    while chunk := content.read(CHUNK):
        yield from cutter.feed(chunk)
    yield from cutter.feed(b"", last=True)


def cut(content: IO[bytes], numbers: Iterable[int], depth: int = 1, parent: str | None = None) -> Iterator[bytes]:
    """The file without the records whose numbers are not given, in ascending order; raises as `slices` does."""
    wanted = Wanted(numbers)
    for piece in slices(content, depth, parent):
        if piece.number is None or wanted.has(piece.number):
            yield piece.raw


class _Cutter:
    """Turns the parser's events into offsets at which the file is cut."""

    def __init__(self, depth: int, parent: str | None) -> None:
        self._depth, self._parent = depth, parent
        self._open: list[str] = []
        self._held = bytearray()
        self._base = 0
        self._cuts: list[tuple[int, Slice]] = []
        self._current = Slice()
        self._count = 0
        self._parser = ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, chunk: bytes, *, last: bool = False) -> Iterator[Slice]:
        """Parse the next chunk; the pieces that it completes."""
        self._held += chunk
        try:
            self._parser.Parse(chunk, last)
        except (ExpatError, LookupError) as error:
            raise ValueError(str(error)) from None
        for index, following in self._cuts:
            yield self._cut(index)
            self._current = following
        self._cuts.clear()
        if last:
            yield self._cut(self._base + len(self._held))

    def _cut(self, index: int) -> Slice:
        size = index - self._base
        self._current.raw = bytes(self._held[:size])
        del self._held[:size]
        self._base = index
        return self._current

    def _start(self, name: str, _: dict[str, str]) -> None:
        if len(self._open) == self._depth and self._parent in {None, _local(self._open[-1])}:
            self._cuts.append((self._parser.CurrentByteIndex, Slice(number=self._count)))
            self._count += 1
        self._open.append(name)

    def _end(self, _: str) -> None:
        self._open.pop()
        current = self._cuts[-1][1] if self._cuts else self._current
        if len(self._open) == self._depth - 1 and current.number is not None:
            self._cuts.append((self._parser.CurrentByteIndex, Slice()))

    def _refuse(self, *_: Any) -> None:
        raise ValueError("remove its document type declaration")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
