"""Manifest.xml and PackageHeader.xml, read and written as F&O does (fno-behaviour 3.2 to 3.5)."""

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring

NAMESPACE = "http://schemas.microsoft.com/dynamics/2015/01/DataManagement"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_HEADER_TYPE = (
    "Microsoft.Dynamics.AX.Framework.Tools.DataManagement.Serialization.DataManagementPackageManifest"
)


@dataclass(frozen=True)
class EntityDefinition:
    """One entity of a manifest or a project: which file, in which format, mapped how, when in the sequence."""

    entity: str
    file: str = ""
    source_format: str = "CSV"
    mapping: tuple[tuple[str, str], ...] = ()
    """Pairs of source column (XMLField) and staging field (EntityField)."""
    unit: int = 1
    level: int = 1
    sequence: int = 1
    fail_unit: bool = False
    fail_level: bool = False
    validate: bool = True
    disabled: bool = False
    sheet: str = ""
    refresh: str = "FullPush"

    @property
    def order(self) -> tuple[int, int, int]:
        """Units, then levels, then sequence (fno-behaviour 5.7)."""
        return self.unit, self.level, self.sequence

    @property
    def staged(self) -> set[str]:
        """The staging fields the mapping fills, in upper case."""
        return {name.strip().upper() for _, name in self.mapping}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "EntityDefinition":
        """What `vars()` of a definition became as JSON."""
        return cls(**{**raw, "mapping": tuple((one, other) for one, other in raw["mapping"])})


@dataclass(frozen=True)
class Manifest:
    """What a package says about itself."""

    project: str
    description: str = ""
    entities: tuple[EntityDefinition, ...] = field(default=())


def read(content: bytes) -> Manifest:
    """Parse a manifest: UTF-16 with BOM and no declaration, or UTF-8.

    Raises:
        xml.etree.ElementTree.ParseError: it is not XML.
    """
    root = fromstring(content)
    path = f"{{{NAMESPACE}}}PackageEntityList/{{{NAMESPACE}}}DataManagementPackageEntityData"
    return Manifest(
        project=_text(root, "DefinitionGroupName"),
        description=_text(root, "Description"),
        entities=tuple(_entity(one) for one in root.iterfind(path)),
    )


def _text(node: Element, name: str, default: str = "") -> str:
    return (node.findtext(f"{{{NAMESPACE}}}{name}") or default).strip()


def _true(node: Element, name: str, default: str = "false") -> bool:
    return _text(node, name, default).lower() in {"true", "1", "yes"}


def _entity(node: Element) -> EntityDefinition:
    maps = node.iterfind(f"{{{NAMESPACE}}}EntityMapList/{{{NAMESPACE}}}EntityMap")
    return EntityDefinition(
        entity=_text(node, "EntityName"),
        file=_text(node, "InputFilePath"),
        source_format=_text(node, "SourceFormat", "CSV"),
        mapping=tuple((_text(one, "XMLField"), _text(one, "EntityField")) for one in maps),
        unit=int(_text(node, "ExecutionUnit", "1")),
        level=int(_text(node, "LevelInExecutionUnit", "1")),
        sequence=int(_text(node, "SequenceInLevel", "1")),
        fail_unit=_true(node, "FailExecutionUnitOnError"),
        fail_level=_true(node, "FailLevelOnError"),
        validate=_true(node, "RunBusinessValidation", "true"),
        disabled=_true(node, "Disable"),
        sheet=_text(node, "ExcelSheetName"),
        refresh=_text(node, "DefaultRefreshType", "FullPush"),
    )


def write(manifest: Manifest, target_names: dict[str, str]) -> bytes:
    """The manifest as F&O's serializer puts it: UTF-16 LE with BOM, one line, elements in alphabetical order.

    Args:
        manifest: what to write.
        target_names: AOT name by entity label.
    """
    entities = "".join(_written(one, target_names.get(one.entity, "")) for one in manifest.entities)
    text = (
        f'<DataManagementPackageManifest xmlns:i="{_XSI}" xmlns="{NAMESPACE}">'
        f"<DefinitionGroupName>{escape(manifest.project)}</DefinitionGroupName>"
        f"<Description>{escape(manifest.description)}</Description>"
        f"<PackageEntityList>{entities}</PackageEntityList>"
        '<ProjectCategory>1</ProjectCategory><RulesData i:nil="true"/></DataManagementPackageManifest>'
    )
    return b"\xff\xfe" + text.encode("utf-16-le")


def write_header(description: str) -> bytes:
    """PackageHeader.xml, in the same encoding."""
    text = (
        f'<DataManagementPackageHeader xmlns:i="{_XSI}" xmlns="{NAMESPACE}">'
        f"<Description>{escape(description)}</Description><ManifestType>{_HEADER_TYPE}</ManifestType>"
        "<PackageType>DefinitionGroup</PackageType><PackageVersion>2</PackageVersion></DataManagementPackageHeader>"
    )
    return b"\xff\xfe" + text.encode("utf-16-le")


def _written(one: EntityDefinition, target_name: str) -> str:
    maps = "".join(
        f"<EntityMap><ArrayIndex>0</ArrayIndex><EntityField>{escape(field)}</EntityField>"
        '<EntityFieldConversionList i:nil="true"/><IsAutoDefault>false</IsAutoDefault>'
        "<IsAutoGenerated>false</IsAutoGenerated><IsDefaultValueEqualNull>false</IsDefaultValueEqualNull>"
        f"<UseTextQualifier>false</UseTextQualifier><XMLField>{escape(column)}</XMLField></EntityMap>"
        for column, field in one.mapping
    )
    parts = {
        "DefaultRefreshType": one.refresh,
        "Disable": str(one.disabled).lower(),
        "EntityMapList": maps,
        "EntityName": escape(one.entity),
        "EntityTransformList": None,
        "ExcelSheetName": escape(one.sheet),
        "ExecutionUnit": one.unit,
        "FailExecutionUnitOnError": str(one.fail_unit).lower(),
        "FailLevelOnError": str(one.fail_level).lower(),
        "InputFilePath": escape(one.file),
        "LevelInExecutionUnit": one.level,
        "QueryData": "",
        "QueryFilter": None,
        "RunBusinessLogic": "true",
        "RunBusinessValidation": str(one.validate).lower(),
        "SampleFilePath": "",
        "SequenceInLevel": one.sequence,
        "SkipStaging": "false",
        "SourceFormat": escape(one.source_format),
        "TargetEntity": escape(target_name),
        "ValidationStatus": "Yes",
    }
    body = "".join(
        f'<{k} i:nil="true"/>' if v is None else f"<{k}>{v}</{k}>" for k, v in sorted(parts.items())
    )
    return f"<DataManagementPackageEntityData>{body}</DataManagementPackageEntityData>"
