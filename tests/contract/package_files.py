"""Builds packages: zip files of manifest, header and data files."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NAMESPACE = "http://schemas.microsoft.com/dynamics/2015/01/DataManagement"
HEADER = (
    f'<DataManagementPackageHeader xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="{NAMESPACE}">'
    "<Description>Test</Description><ManifestType>Microsoft.Dynamics.AX.Framework.Tools.DataManagement."
    "Serialization.DataManagementPackageManifest</ManifestType><PackageType>DefinitionGroup</PackageType>"
    "<PackageVersion>2</PackageVersion></DataManagementPackageHeader>"
)


@dataclass
class Part:
    """One entity of a package: its label, its columns (None: no mapping) and its file."""

    entity: str
    columns: Sequence[str] | None
    content: bytes
    source_format: str = "CSV"
    file: str = ""
    unit: int = 1
    level: int = 1
    sequence: int = 1
    extra: Mapping[str, str] = field(default_factory=dict)
    """More elements of the manifest by name."""

    @property
    def name(self) -> str:
        """The data file's name."""
        return self.file or f"{self.entity}.csv"


def csv(*lines: str, end: str = "\r\n") -> bytes:
    """The bytes of a file with these lines."""
    return "".join(f"{one}{end}" for one in lines).encode()


def part(entity: str, *lines: str, **more: object) -> Part:
    """A CSV entity whose first line names its columns."""
    return Part(entity, lines[0].split(","), csv(*lines), **more)  # type: ignore[arg-type]


def manifest(*parts: Part) -> str:
    """A manifest that maps every column to the staging field with its name."""
    return (
        f'<DataManagementPackageManifest xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="{NAMESPACE}">'
        "<DefinitionGroupName>Made</DefinitionGroupName><Description>Made</Description>"
        f"<PackageEntityList>{''.join(_entity(one) for one in parts)}</PackageEntityList>"
        "</DataManagementPackageManifest>"
    )


def package(*parts: Part, encoding: str = "utf-8") -> bytes:
    """A package. `encoding` applies to the two XML files; utf-16 writes a byte order mark."""
    files = {"Manifest.xml": manifest(*parts).encode(encoding), "PackageHeader.xml": HEADER.encode(encoding)}
    return zipped(files | {one.name: one.content for one in parts})


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip file with these files."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return memory.getvalue()


def _entity(one: Part) -> str:
    maps = "".join(
        f"<EntityMap><ArrayIndex>0</ArrayIndex><EntityField>{column.upper()}</EntityField>"
        f'<EntityFieldConversionList i:nil="true"/><XMLField>{column}</XMLField></EntityMap>'
        for column in one.columns or ()
    )
    elements = {
        "EntityName": one.entity,
        "ExecutionUnit": str(one.unit),
        "InputFilePath": one.name,
        "LevelInExecutionUnit": str(one.level),
        "RunBusinessLogic": "true",
        "RunBusinessValidation": "true",
        "SequenceInLevel": str(one.sequence),
        "SourceFormat": one.source_format,
        "ValidationStatus": "Yes",
        **({"EntityMapList": maps} if one.columns is not None else {}),
        **one.extra,
    }
    listed = "".join(f"<{name}>{elements[name]}</{name}>" for name in sorted(elements))
    return f"<DataManagementPackageEntityData>{listed}</DataManagementPackageEntityData>"
