"""Cuts an XML file into the records it lists, byte for byte, without ever holding more of it than one record.

What is kept of a file this way is what was in it: encoding, quoting, order and unknown parts included.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from xml.parsers.expat import ExpatError, ParserCreate

CHUNK = 1 << 16


class UnsafeXmlError(ValueError):
    """The file declares a document type: nobody needs one here, and attackers do."""


@dataclass
class Slice:
    """A piece of the file: a record with all that follows it up to the next, or what stands before or after them.

    `number` counts records from 0 and is None for what is none; `line` is the line a record starts on. `fields`
    holds its attributes and its childless child elements by name, `records` how many records it is with those
    inside it.
    """

    raw: bytes
    number: int | None = None
    line: int = 0
    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    records: int = 1


def slices(content: IO[bytes], depth: int = 1, parent: str | None = None) -> Iterator[Slice]:
    """The whole file in pieces; records are the elements that lie `depth` deep (in elements of the parent's name).

    Raises UnsafeXmlError, and ValueError for what is not well-formed.
    """
    cutter = _Cutter(depth, parent)
    while chunk := content.read(CHUNK):
        yield from cutter.feed(chunk)
    yield from cutter.feed(b"", last=True)


class _Cutter:
    """Expat's events, turned into places where the file is cut."""

    def __init__(self, depth: int, parent: str | None) -> None:
        self._depth, self._parent = depth, parent
        self._open: list[str] = []
        self._nested: list[bool] = []
        self._text: list[str] = []
        self._held = bytearray()
        self._base = 0
        self._cuts: list[tuple[int, Slice]] = []
        self._current = Slice(b"")
        self._count = 0
        self._parser = ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, chunk: bytes, *, last: bool = False) -> Iterator[Slice]:
        """Take more of the file; the pieces that are complete by it."""
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

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        inside = len(self._open) - self._depth
        self._open.append(name)
        if inside == 0 and self._parent in {None, _local(self._open[-2])}:
            record = Slice(b"", self._count, self._parser.CurrentLineNumber, _local(name), dict(attributes))
            self._cuts.append((self._parser.CurrentByteIndex, record))
            self._count += 1
        elif inside > 0 and self._nested:
            self._nested[-1] = True
        self._nested.append(bool(attributes))
        self._text.clear()

    def _characters(self, text: str) -> None:
        self._text.append(text)

    def _end(self, name: str) -> None:
        self._open.pop()
        nested = self._nested.pop()
        inside = len(self._open) - self._depth
        record = self._cuts[-1][1] if self._cuts else self._current
        if inside == -1 and record.number is not None:
            self._cuts.append((self._parser.CurrentByteIndex, Slice(b"")))
        elif inside > 0 and record.number is not None:
            if nested:
                record.records += 1
            elif inside == 1:
                record.fields[_local(name)] = "".join(self._text)
        self._text.clear()

    def _refuse(self, *_: Any) -> None:
        raise UnsafeXmlError("the file has a document type declaration; remove it")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
