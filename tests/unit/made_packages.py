"""Data packages made in memory, as F&O and other tools write them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

NAMESPACES = (
    'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns="http://schemas.microsoft.com/dynamics/2015/01/DataManagement"'
)
HEADER_XML = f"<DataManagementPackageHeader {NAMESPACES}><PackageType>DefinitionGroup</PackageType></DataManagementPackageHeader>"
GROUPS_CSV = b"GROUPID,NAME\r\n10,Wholesale\r\n20,Retail\r\n"


@dataclass(frozen=True)
class MadeEntity:
    """An entity of a manifest; `columns` maps the data file's columns to a staging field or to several."""

    label: str = "Customer groups"
    file: str = "Customer groups.csv"
    source_format: str = "CSV"
    columns: Mapping[str, str | tuple[str, ...]] = field(
        default_factory=lambda: {"GROUPID": "CUSTOMERGROUPID", "NAME": "NAME"}
    )


def manifest_xml(*entities: MadeEntity, project: str = "Customers") -> str:
    """A manifest of these entities, on one line and without a declaration, as F&O writes it."""
    return (
        f"<DataManagementPackageManifest {NAMESPACES}><DefinitionGroupName>{escape(project)}</DefinitionGroupName>"
        f"<PackageEntityList>{''.join(_entity(each) for each in entities)}</PackageEntityList>"
        "</DataManagementPackageManifest>"
    )


def files_of(*entities: MadeEntity, project: str = "Customers", data: bytes = GROUPS_CSV) -> dict[str, bytes]:
    """The files of a package, each entity with the same data."""
    return {
        "Manifest.xml": manifest_xml(*entities, project=project).encode(),
        "PackageHeader.xml": HEADER_XML.encode(),
        **{entity.file: data for entity in entities},
    }


def zipped(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    """A zip of the files; a sequence may name one twice."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, Mapping) else files:
            # A fixed time, so that the same files are the same bytes.
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return held.getvalue()


def package(*entities: MadeEntity, project: str = "Customers", data: bytes = GROUPS_CSV) -> bytes:
    """A package that F&O would take: one entity with two rows unless told otherwise."""
    return zipped(files_of(*(entities or (MadeEntity(),)), project=project, data=data))


def _entity(entity: MadeEntity) -> str:
    maps = "".join(
        f"<EntityMap><EntityField>{escape(staging)}</EntityField><XMLField>{escape(column)}</XMLField></EntityMap>"
        for column, fields in entity.columns.items()
        for staging in ((fields,) if isinstance(fields, str) else fields)
    )
    return (
        "<DataManagementPackageEntityData>"
        f"<EntityMapList>{maps}</EntityMapList><EntityName>{escape(entity.label)}</EntityName>"
        f"<InputFilePath>{escape(entity.file)}</InputFilePath><SourceFormat>{entity.source_format}</SourceFormat>"
        "</DataManagementPackageEntityData>"
    )
