"""XML files of any encoding and size are cut into their records byte for byte."""

import io
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.packages.formats.xml_slices import CHUNK, slices

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n<>&\"'", max_codepoint=0x1FFFF)
).map(lambda text: text.replace("\ufffe", "").replace("\uffff", ""))
FIELDS = st.dictionaries(st.sampled_from(["ID", "NAME", "Größe"]), TEXT, max_size=3)


def element(fields: dict[str, str]) -> str:
    """A record with its fields as elements."""
    return "<ROW>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items()) + "</ROW>"


def attributes(fields: dict[str, str]) -> str:
    """A record with its fields as attributes."""
    return f"<ROW {' '.join(f'{name}={quoteattr(text)}' for name, text in fields.items())}/>"


@given(st.lists(FIELDS, max_size=5), st.sampled_from(["utf-8", "utf-16"]), st.booleans())
def test_every_byte_is_in_one_piece(records: list[dict[str, str]], encoding: str, as_elements: bool) -> None:  # noqa: FBT001  the case's value
    """Together the pieces are the whole file, with one piece for each record."""
    rows = "\r\n ".join(map(element if as_elements else attributes, records))
    content = f'<?xml version="1.0" encoding="{encoding}"?>\n<Document>\n{rows}<!-- end --></Document>\n'
    data = content.encode(encoding)
    pieces = list(slices(io.BytesIO(data)))
    assert b"".join(piece.raw for piece in pieces) == data
    numbers = [piece.number for piece in pieces if piece.number is not None]
    assert numbers == list(range(len(records)))
    starts = [piece.raw.decode(encoding.replace("16", "16-le"))[:4] for piece in pieces if piece.number is not None]
    assert starts == ["<ROW"] * len(records)


def test_records_can_be_deeper() -> None:
    """With a parent, only elements inside it are records."""
    content = b"<M><A><X/></A><L><E>1</E><E>2</E></L><B><Y/></B></M>"
    pieces = [piece.raw for piece in slices(io.BytesIO(content), 2, "L")]
    assert pieces == [b"<M><A><X/></A><L>", b"<E>1</E>", b"<E>2</E>", b"</L><B><Y/></B></M>"]


def test_a_large_file_is_never_in_memory() -> None:
    """Pieces are yielded while the file is read, one record at a time."""
    record = b"<A>" + b"x" * 1000 + b"</A>"

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            Endless.given += 1
            return b"<Document>" if Endless.given == 1 else record * (size // len(record))

    pieces = slices(Endless())
    assert max(len(next(pieces).raw) for _ in range(10_000)) <= len(record)
    assert Endless.given < 10_000 * len(record) / CHUNK + 5


@pytest.mark.parametrize("content", [b"", b"<a>", b"<a></b>", b"x", b'<?xml version="1.0" encoding="none"?><a/>'])
def test_broken_xml_is_a_value_error(content: bytes) -> None:
    """Broken XML raises ValueError, and no other error."""
    with pytest.raises(ValueError, match=r"."):
        list(slices(io.BytesIO(content)))


def test_document_types_are_refused() -> None:
    """A document type raises ValueError, so entities are never expanded."""
    with pytest.raises(ValueError, match="document type"):
        list(slices(io.BytesIO(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')))
