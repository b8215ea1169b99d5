"""XML-Element and XML-Attribute: the records under a file's root, one at a time (fno-behaviour 3.7, 3.9)."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from landfall.packages.delimited import MAX_FIELD, UnreadableRowsError

XML_FORMATS = {"XML-ELEMENT", "XML-ATTRIBUTE"}
PIECE = 1 << 16
"""Bytes parsed at once."""
RECORD, FIELD = 2, 3
"""Depth of a record's element, and of its fields' elements."""


@dataclass
class Record:
    """A record: the line its element starts on and its fields, whether written as attributes or as elements.

    `records` is how many it is with those inside it: more than one only in a composite entity's file.
    """

    line: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    records: int = 1


def read_records(content: IO[bytes]) -> Generator[Record, None, None]:
    """The records of an XML file, read in pieces.

    Raises UnreadableRowsError for what is not well-formed, and for any document type declaration.
    """
    seen = _Records()
    parser: Any = XMLParser(target=seen, forbid_dtd=True)
    seen.parser = parser.parser
    try:
        while piece := content.read(PIECE):
            parser.feed(piece)
            yield from seen.taken()
        parser.close()
    except DefusedXmlException:
        raise UnreadableRowsError("it has a document type declaration; remove it") from None
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableRowsError(f"it is not well-formed XML: {error}") from None
    yield from seen.taken()


class _Records:
    """What the parser tells, as it tells it: an element opens, has text, closes."""

    def __init__(self) -> None:
        self.parser: Any = None
        self._contains: list[bool] = []
        self._done: list[Record] = []
        self._record = Record()
        self._text: list[str] = []
        self._length = 0

    def taken(self) -> list[Record]:
        """The records that are complete, once."""
        done, self._done = self._done, []
        return done

    def start(self, _: str, attributes: dict[str, str]) -> None:
        """An element opens; it makes a record of the one around it."""
        if self._contains:
            self._contains[-1] = True
        self._contains.append(bool(attributes))
        if len(self._contains) == RECORD:
            self._record = Record(self.parser.CurrentLineNumber, dict(attributes))
            self._length = 0
        self._text = []

    def data(self, text: str) -> None:
        """A piece of text."""
        if len(self._contains) >= FIELD:
            self._text.append(text)
            self._length += len(text)
            if self._length > MAX_FIELD:
                raise ValueError(f"a record is longer than {MAX_FIELD} characters")

    def end(self, tag: str) -> None:
        """An element closes: a record, a field of it, or a record inside it."""
        depth, contains = len(self._contains), self._contains.pop()
        if depth == RECORD:
            self._done.append(self._record)
        elif depth >= FIELD and contains:
            self._record.records += 1
        elif depth == FIELD:
            self._record.fields[tag] = "".join(self._text)

    def close(self) -> None:
        """Nothing is held that is not taken."""
