"""A written manifest is read back as the same manifest."""

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.packages.manifest import NAMESPACE, Manifest, PackageEntity, parse_manifest, parse_xml
from landfall.packages.manifest_writing import Encoding, revise_manifest, write_header, write_manifest
from tests.unit.made_packages import MadeEntity, manifest_xml

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Zs", "Zl", "Zp")), max_size=20)
WORDS = st.builds(" ".join, st.lists(TEXT.filter(bool), min_size=1, max_size=3))
ENCODINGS = st.sampled_from(["utf-8", "utf-16"])


@st.composite
def entities(draw: st.DrawFn) -> PackageEntity:
    """An entity with any label, file and columns."""
    mapping = draw(st.dictionaries(WORDS, WORDS, max_size=4))
    generated = frozenset(draw(st.sets(st.sampled_from(sorted(mapping.values()))))) if mapping else frozenset()
    sheet = draw(st.sampled_from(["", "Customer_groups$"]))
    return PackageEntity(draw(WORDS), draw(WORDS), draw(WORDS), mapping, sheet, generated)


MANIFESTS = st.builds(Manifest, WORDS, st.lists(entities(), max_size=3).map(tuple))


@given(MANIFESTS, ENCODINGS)
def test_a_manifest_comes_back_as_it_was(manifest: Manifest, encoding: Encoding) -> None:
    """Labels, files and columns in any script are kept, in both encodings."""
    assert parse_manifest(write_manifest(manifest, encoding)) == manifest


@given(MANIFESTS, ENCODINGS)
def test_elements_are_in_alphabetical_order(manifest: Manifest, encoding: Encoding) -> None:
    """Elements are in alphabetical order, since F&O ignores others (fno-behaviour 3.2)."""
    root = parse_xml(write_manifest(manifest, encoding), "Manifest.xml")
    for element in root.iter():
        tags = [child.tag for child in element]
        assert tags == sorted(tags)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_header_names_the_kind_of_manifest(encoding: Encoding) -> None:
    """The header has the type and the version that F&O looks for."""
    header = parse_xml(write_header("Größen & Co", encoding), "PackageHeader.xml")
    assert header.findtext(f"{NAMESPACE}Description") == "Größen & Co"
    assert header.findtext(f"{NAMESPACE}PackageType") == "DefinitionGroup"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_namespaces_are_written_as_fno_writes_them(encoding: Encoding) -> None:
    """The data management namespace is the default one, and elements without a value have i:nil."""
    entity = PackageEntity("Groups", "groups.csv", "CSV", {"ID": "ID"})
    text = write_manifest(Manifest("P", (entity,)), encoding).decode(encoding)
    assert "<DataManagementPackageManifest xmlns=" in text
    assert '<EntityTransformList i:nil="true" />' in text


def test_a_revised_manifest_keeps_what_nobody_here_knows() -> None:
    """A revised manifest has the new project, file and sheet, but the template's conversions, queries and order."""
    made = manifest_xml(MadeEntity(), MadeEntity("Vendor groups", "v.csv"), project="Template").replace(
        "<SourceFormat>CSV</SourceFormat>",
        "<QueryData>0A0B</QueryData><SequenceInLevel>7</SequenceInLevel><SourceFormat>CSV</SourceFormat>",
    )
    new = PackageEntity("Customer groups", "june.csv", "CSV", {}, "June$")

    revised = revise_manifest(made.encode("utf-16"), "Customers", {"Customer groups": new})

    manifest = parse_manifest(revised)
    assert manifest.data_project == "Customers"
    assert [(each.label, each.file, each.sheet) for each in manifest.entities] == [
        ("Customer groups", "june.csv", "June$")
    ]
    entity = fromstring(revised).find(f".//{NAMESPACE}DataManagementPackageEntityData")  # noqa: S314  our own
    assert entity is not None
    tags = [child.tag.removeprefix(NAMESPACE) for child in entity]
    assert tags == sorted(tags)
    assert (entity.findtext(f"{NAMESPACE}QueryData"), entity.findtext(f"{NAMESPACE}SequenceInLevel")) == (
        "0A0B",
        "7",
    )


@given(MANIFESTS.filter(lambda each: len({e.label for e in each.entities}) == len(each.entities)), ENCODINGS)
def test_revising_with_the_same_changes_nothing(manifest: Manifest, encoding: Encoding) -> None:
    """Revising a template for its own files gives the template."""
    files = {each.label: each for each in manifest.entities}
    revised = revise_manifest(write_manifest(manifest), manifest.data_project, files, encoding)
    assert parse_manifest(revised) == manifest
