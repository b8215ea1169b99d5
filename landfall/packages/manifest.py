"""Manifest.xml: which entities a package holds, in which files, and how columns map to staging fields."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

NAMESPACE = "{http://schemas.microsoft.com/dynamics/2015/01/DataManagement}"


class MalformedXmlError(ValueError):
    """The file is no XML, or XML of a kind that nobody needs and attackers like."""


@dataclass(frozen=True)
class PackageEntity:
    """One entity of a package.

    `label` is the entity's name in F&O's user language, `columns` maps the data file's column to the staging field.
    """

    label: str
    file: str
    source_format: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """What a package says of itself; `data_project` is the project's name where it was made."""

    data_project: str
    entities: tuple[PackageEntity, ...]


def parse_xml(content: bytes, name: str) -> Element:
    """The root of one of a package's XML files.

    F&O writes UTF-16 with a byte order mark and no declaration, others UTF-8; both are read (fno-behaviour 3.2).
    Raises MalformedXmlError for what is no XML, and for any document type declaration or entity.
    """
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise MalformedXmlError(f"{name} has a document type declaration; remove it") from None
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedXmlError(f"{name} is not well-formed XML: {error}") from None
    return root


def parse_manifest(content: bytes) -> Manifest:
    """The manifest; MalformedXmlError when it is no XML or no manifest."""
    root = parse_xml(content, "Manifest.xml")
    if root.tag != f"{NAMESPACE}DataManagementPackageManifest":
        raise MalformedXmlError(
            "Manifest.xml is no data package's manifest: its root is not DataManagementPackageManifest"
        )
    entities = root.findall(f"{NAMESPACE}PackageEntityList/{NAMESPACE}DataManagementPackageEntityData")
    return Manifest(_text(root, "DefinitionGroupName"), tuple(_entity(each) for each in entities))


def _entity(element: Element) -> PackageEntity:
    maps = element.findall(f"{NAMESPACE}EntityMapList/{NAMESPACE}EntityMap")
    mapped = [(_text(each, "XMLField"), _text(each, "EntityField")) for each in maps]
    return PackageEntity(
        label=_text(element, "EntityName"),
        file=_text(element, "InputFilePath"),
        source_format=_text(element, "SourceFormat"),
        columns={column: field for column, field in mapped if column and field},
    )


def _text(element: Element, tag: str) -> str:
    return (element.findtext(f"{NAMESPACE}{tag}") or "").strip()
