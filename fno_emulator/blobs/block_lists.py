"""Block lists on the wire: the body of Put Block List and the answer of Get Block List (BLOB in fno-behaviour)."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.ElementTree import fromstring

from fno_emulator.blobs.errors import StorageRefused
from fno_emulator.blobs.store import Block

_KINDS = {
    "": ["Committed"],
    "committed": ["Committed"],
    "uncommitted": ["Uncommitted"],
    "all": ["Committed", "Uncommitted"],
}


def read(body: bytes) -> list[tuple[str, str]]:
    """Pairs of a list (Committed, Uncommitted or Latest) and a block id, in order.

    Raises:
        StorageRefused: the body is not XML.
    """
    try:
        return [(one.tag, one.text or "") for one in fromstring(body)]
    except ParseError:
        raise StorageRefused(400, "InvalidXmlDocument", "XML specified is not syntactically valid.") from None


def write(kind: str, committed: list[Block], staged: list[Block]) -> bytes:
    """The block lists of that `blocklisttype` as XML; the committed blocks if `kind` is empty.

    Raises:
        StorageRefused: there is no such `blocklisttype`.
    """
    if kind.lower() not in _KINDS:
        raise StorageRefused(
            400,
            "InvalidQueryParameterValue",
            f"Value for one of the query parameters specified in the request URI is invalid: blocklisttype={kind}.",
        )
    root = Element("BlockList")
    lists: dict[str, Iterable[Block]] = {"Committed": committed, "Uncommitted": staged}
    for name in _KINDS[kind.lower()]:
        node = SubElement(root, f"{name}Blocks")
        for one in lists[name]:
            block = SubElement(node, "Block")
            SubElement(block, "Name").text = one.id
            SubElement(block, "Size").text = str(one.size)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
