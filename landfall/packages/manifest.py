"""Manifest.xml: the entities of a package, their files, and how columns map to staging fields."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

MAX_ELEMENTS = 500_000
"""Elements of one of a package's XML files: a manifest with 228 entities has about 100,000."""
MAX_DEPTH = 100
NAMESPACE = "{http://schemas.microsoft.com/dynamics/2015/01/DataManagement}"


class MalformedXmlError(ValueError):
    """A file that is not XML, or XML with a document type, which only an attacker needs."""


@dataclass(frozen=True)
class Dialect:
    """How a source data format of an environment reads delimited text; `encoding` is Python's name of it."""

    delimiter: str = ","
    encoding: str = "utf-8"
    qualifier: str = '"'


@dataclass(frozen=True)
class PackageEntity:
    """One entity of a package.

    `label` is the entity's name in the F&O user's language, and `mapping` has the data file's column for each staging
    field; a column may feed several fields. `generated` has the columns that F&O fills itself, which the file need not
    have. `sheet` names a workbook's sheet as manifests do, with `$` after its name.
    """

    label: str
    file: str
    source_format: str
    mapping: dict[str, str]
    sheet: str = ""
    generated: frozenset[str] = frozenset()
    disabled: bool = False
    """Whether F&O skips the entity."""
    transformed: bool = False
    """Whether F&O transforms the file by a style sheet before it reads it."""
    dialect: Dialect | None = None
    """How the environment reads the entity's source format, where landfall.yaml says so."""


@dataclass(frozen=True)
class Manifest:
    """The content of a manifest; `data_project` is the project that the package was exported from."""

    data_project: str
    entities: tuple[PackageEntity, ...]


def parse_xml(content: bytes, name: str) -> Element:
    """The root of one of a package's XML files.

    F&O writes UTF-16 with a byte order mark and no declaration, other tools UTF-8 (fno-behaviour 3.2). Raises
    MalformedXmlError for a file that is not XML, is too large, or has a document type declaration or an entity.
    """
    parser = XMLParser(target=_BoundedTree(name), forbid_dtd=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except MalformedXmlError:
        raise
    except DefusedXmlException:
        raise MalformedXmlError(f"{name} has a document type declaration. Remove it.") from None
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedXmlError(f"{name} is not well-formed XML: {error}.") from None
    return root


def parse_manifest(content: bytes) -> Manifest:
    """The manifest; raises MalformedXmlError for a file that is not XML or not a manifest."""
    root = parse_xml(content, "Manifest.xml")
    if root.tag != f"{NAMESPACE}DataManagementPackageManifest":
        raise MalformedXmlError(
            "Manifest.xml is not the manifest of a data package: its root element is not DataManagementPackageManifest."
        )
    entities = tuple(_entity(element) for _, element, _ in entity_elements(root))
    return Manifest(_text(root, "DefinitionGroupName"), entities)


def entity_elements(root: Element) -> list[tuple[Element, Element, str]]:
    """For each entity of a manifest: its parent element, its own element, and its label."""
    return [
        (listed, element, _text(element, "EntityName"))
        for listed in root.findall(f"{NAMESPACE}PackageEntityList")
        for element in listed.findall(f"{NAMESPACE}DataManagementPackageEntityData")
    ]


class _BoundedTree(TreeBuilder):
    """Builds a tree in memory, and raises MalformedXmlError for one that is too large for that."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._elements = self._depth = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        """An element opens."""
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_ELEMENTS:
            raise MalformedXmlError(f"{self._name} has more than {MAX_ELEMENTS} elements. Divide the package.")
        if self._depth > MAX_DEPTH:
            raise MalformedXmlError(
                f"{self._name} has elements that are nested more than {MAX_DEPTH} deep. Remove them."
            )
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> Element:
        """An element closes."""
        self._depth -= 1
        return super().end(tag)


def _entity(element: Element) -> PackageEntity:
    maps = element.findall(f"{NAMESPACE}EntityMapList/{NAMESPACE}EntityMap")
    mapped = [(_text(each, "XMLField"), _text(each, "EntityField")) for each in maps]
    generated = [
        _text(each, "XMLField")
        for each in maps
        if "true" in {_text(each, "IsAutoGenerated").lower(), _text(each, "IsAutoDefault").lower()}
    ]
    return PackageEntity(
        label=_text(element, "EntityName"),
        file=_text(element, "InputFilePath"),
        source_format=_text(element, "SourceFormat"),
        mapping={field: column for column, field in mapped if column and field},
        sheet=_text(element, "ExcelSheetName"),
        generated=frozenset(generated) - {""},
        disabled=_text(element, "Disable").lower() == "true",
        transformed=element.find(f"{NAMESPACE}EntityTransformList/{NAMESPACE}EntityTransform") is not None,
    )


def _text(element: Element, tag: str) -> str:
    return (element.findtext(f"{NAMESPACE}{tag}") or "").strip()
