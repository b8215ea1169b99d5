"""Manifests are read as F&O and other tools write them."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.packages.manifest import MalformedXmlError, Manifest, PackageEntity, parse_manifest, parse_xml
from tests.unit.made_packages import MadeEntity, manifest_xml

XML = manifest_xml(MadeEntity(label="Größen"), project="Kunden & Co")
READ = Manifest(
    "Kunden & Co",
    (PackageEntity("Größen", "Customer groups.csv", "CSV", {"CUSTOMERGROUPID": "GROUPID", "NAME": "NAME"}),),
)
BOMB = '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(codecs.BOM_UTF16_LE + XML.encode("utf-16-le"), id="F&O: UTF-16 LE, no declaration"),
        pytest.param(codecs.BOM_UTF16_BE + XML.encode("utf-16-be"), id="UTF-16 BE"),
        pytest.param(XML.encode(), id="UTF-8, no declaration"),
        pytest.param(codecs.BOM_UTF8 + XML.encode(), id="UTF-8 with a mark"),
        pytest.param(b'<?xml version="1.0" encoding="utf-8"?>\r\n' + XML.encode(), id="UTF-8, declared"),
        pytest.param(b'<?xml version="1.0" encoding="iso-8859-1"?>' + XML.encode("iso-8859-1"), id="Latin-1, declared"),
        pytest.param(('<?xml version="1.0" encoding="utf-16"?>' + XML).encode("utf-16"), id="UTF-16, declared"),
    ],
)
def test_every_encoding_is_read(content: bytes) -> None:
    """A manifest in any encoding gives the same result."""
    assert parse_manifest(content) == READ


def test_space_around_text_does_not_count() -> None:
    """Space around text does not count, so an indented manifest gives the same result."""
    assert parse_manifest(XML.replace(">Größen<", ">\n    Größen\n  <").encode()) == READ


@pytest.mark.parametrize("prefix", ["<!DOCTYPE m>", BOMB, '<!DOCTYPE m SYSTEM "file:///etc/passwd">'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(prefix: str, encoding: str) -> None:
    """A document type is refused in any encoding, so entities are neither expanded nor fetched."""
    with pytest.raises(MalformedXmlError, match=r"Manifest\.xml has a document type"):
        parse_manifest((prefix + XML).encode(encoding))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"GROUPID,NAME",
        b"\xff\xfe<",
        XML[:-10].encode(),
        b'<?xml version="1.0" encoding="x-none"?><a/>',
    ],
)
def test_broken_xml_is_refused(content: bytes) -> None:
    """The message about broken XML names the file."""
    with pytest.raises(MalformedXmlError, match=r"Header\.xml is not well-formed"):
        parse_xml(content, "Header.xml")


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    """Any file is either XML or raises MalformedXmlError."""
    try:
        parse_xml(content, "Manifest.xml")
    except MalformedXmlError:
        return


@pytest.mark.parametrize("xml", ["<a/>", XML.replace("2015/01", "2016/01")])
def test_other_xml_is_not_a_manifest(xml: str) -> None:
    """XML with another root element or namespace is not a manifest."""
    with pytest.raises(MalformedXmlError, match="not the manifest of a data package"):
        parse_manifest(xml.encode())


def test_half_a_mapping_maps_nothing() -> None:
    """A map without a column or without a field is left out."""
    xml = manifest_xml(MadeEntity(columns={"": "CREATED", "NAME": "", "GROUPID": "ID"}))
    assert parse_manifest(xml.encode()).entities[0].mapping == {"ID": "GROUPID"}


def test_a_manifest_may_leave_things_out() -> None:
    """Elements that a manifest lacks are empty."""
    xml = manifest_xml().replace("<DefinitionGroupName>Customers</DefinitionGroupName>", "")
    assert parse_manifest(xml.encode()) == Manifest("", ())


@pytest.mark.parametrize(("text", "disabled"), [("true", True), ("True", True), ("false", False), ("", False)])
def test_an_entity_may_be_disabled(text: str, disabled: bool) -> None:  # noqa: FBT001  the case's value
    """A manifest can disable an entity."""
    xml = manifest_xml(MadeEntity()).replace("<EntityMapList>", f"<Disable>{text}</Disable><EntityMapList>")
    assert parse_manifest(xml.encode()).entities[0].disabled is disabled
