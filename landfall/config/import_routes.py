"""Routes: what is done with the files of a landing path."""

import codecs
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from landfall.config.path_template import PathTemplate
from landfall.config.types import Company, Environment, Frozen, Name
from landfall.packages.archives import RefusedPackageError
from landfall.packages.building import read_template
from landfall.packages.delimited import TEXT_FORMATS
from landfall.packages.workbooks import EXCEL
from landfall.packages.xml_records import XML_FORMATS

FOLDER = Path(__file__).parents[2]
"""Where templates are looked for when landfall.yaml is not read from a file: where it ships."""
Format = Literal["CSV", "CSV-Unicode", "Tab-delimited", "XML-Element", "XML-Attribute", "EXCEL"]
WRAPPED = {*TEXT_FORMATS, *XML_FORMATS, EXCEL}
template_of = cache(read_template)
"""A template, read once per process: it is deployed with the app."""


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"{name!r} is no encoding; write it like utf-8 or windows-1252") from None


def _template(file: Path, info: ValidationInfo) -> Path:
    """The file, found beside landfall.yaml, and good as a template."""
    found = Path((info.context or {}).get("folder", FOLDER)) / file
    try:
        template_of(found)
    except OSError:
        raise ValueError(f"there is no file {file} beside landfall.yaml") from None
    except RefusedPackageError as refusal:
        raise ValueError(f"{file} is no package: {refusal}") from None
    return found


class RawData(Frozen):
    """How a raw file is read, and as which entity's rows."""

    entity: str | None = None
    """The entity's label in F&O, in the API user's language."""
    format: Format | None = None
    """The source data format that F&O shall read; the file is brought to it."""
    delimiter: Literal[",", ";", "|", "\t"] | None = None
    """What delimits the dropped file's values; without it the header row shows it."""
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    """The dropped file's encoding when it has no byte order mark; without it UTF-8."""

    def said(self) -> list[str]:
        """Which of these are set."""
        return [name for name in RawData.model_fields if getattr(self, name) is not None]


class PartFile(RawData):
    """One of several files that become one package."""

    file: str
    """Its name, in the folder of the ready marker."""
    optional: bool = False
    """Whether the package may go without it."""


class Import(RawData):
    """A route: which landing paths it takes, and what F&O is asked to do with them.

    With nothing but name and path it takes data packages; with `entity`, {entity} in its path, a template or parts it
    takes raw files and wraps them.
    """

    name: Name
    path: PathTemplate
    """The landing path, with {captures}; with parts, that of the marker that says that all are there."""
    data_project: str | None = None
    """The data project; without it the package's manifest names it, or for a raw file it is the entity's label."""
    environment: Environment | None = None
    """One of `environments`; without it the one that the FNO_* app settings describe."""
    company: Company | None = None
    """The company; without it the path captures it as {company}, from a folder or from the file's name."""
    template: Annotated[Path, AfterValidator(_template)] | None = None
    """A package, beside landfall.yaml, whose mapping raw files are imported with."""
    parts: tuple[PartFile, ...] = ()
    """Files that become one package, in this order, once the marker has landed beside them."""
    parts_wait_minutes: float = Field(default=30, ge=0, le=120)
    """How long a marker waits for parts that land after it."""
    execute: bool = True
    """False ends after staging."""
    overwrite: bool = True
    """Whether the manifest replaces the data project's definition; a project that exists refuses it otherwise."""
    order: Literal["landing", "strict"] = "landing"
    """`landing`: of the files that wait for their data project the one that landed first goes first; `strict`: none
    goes while one that landed before it is still on its way to the queue."""
    on_failure: Literal["continue", "hold"] = "continue"
    """What becomes of the files behind one that did not succeed: they go on, or the lane waits for a person."""
    deadline_hours: float = Field(default=24, gt=0)
    """After how long without an end a person is asked to look."""

    @property
    def is_raw(self) -> bool:
        """Whether what it takes is wrapped."""
        return bool(self.entity or self.template or self.parts or "entity" in self.path.captures)

    def entity_of(self, captures: Mapping[str, str]) -> str:
        """The label of the entity whose rows a file of this path has."""
        if named := self.entity or captures.get("entity"):
            return named
        return next(iter(template_of(self.template).entities)) if self.template else ""

    def marker_of(self, name: str) -> str | None:
        """The marker that a landing path waits for when it is one of this route's parts."""
        folder, _, file = name.rpartition("/")
        marker = f"{folder}/{self.path.template.rpartition('/')[2]}"
        is_part = file in {part.file for part in self.parts}
        return marker if is_part and self.path.match(marker) is not None else None

    def files(self) -> tuple[RawData, ...]:
        """How each file of a run is read: the parts, or the route's own."""
        return self.parts or (self,)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        mistakes = list(self._mistakes())
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    def _mistakes(self) -> Iterator[str]:
        if self.company is None and "company" not in self.path.captures:
            yield "say which company: add {company} to path, or company: with its id"
        if self.entity and "entity" in self.path.captures:
            yield "the entity is said twice: remove entity, or {entity} from path"
        if self.parts:
            yield from self._mistakes_of_parts()
        elif not self.is_raw:
            if said := self.said():
                yield f"{', '.join(said)} is for raw files: add entity, or {{entity}} to path"
        elif self.template and not self.entity and "entity" not in self.path.captures:
            labels = list(template_of(self.template).entities)
            if len(labels) > 1:
                yield f"the template has several entities: say which one by entity ({', '.join(labels)})"
        if self.is_raw:
            for each in self.files():
                yield from self._mistakes_of_format(each)

    def _mistakes_of_parts(self) -> Iterator[str]:
        if said := self.said() + ["{entity} in path"] * ("entity" in self.path.captures):
            yield f"with parts, say {', '.join(said)} of each part"
        if not self.data_project:
            yield "with parts, say which data_project"
        if "{" in self.path.template.rpartition("/")[2]:
            yield "with parts, path ends in the marker's own name, like {batch}/_READY"
        if all(each.optional for each in self.parts):
            yield "one of the parts at least must not be optional"
        for what, names in (
            ("file", [each.file.lower() for each in self.parts]),
            ("entity", [each.entity or "" for each in self.parts]),
        ):
            if twice := [name for name in names if name and names.count(name) > 1]:
                yield f"two parts have the same {what} {twice[0]}"
        for each in self.parts:
            if not each.entity:
                yield f"say the entity of the part {each.file}"
            if "/" in each.file or each.file == self.path.template.rpartition("/")[2]:
                yield f"{each.file} cannot be a part: it is the marker, or lies in another folder"

    def _mistakes_of_format(self, each: RawData) -> Iterator[str]:
        source_format = each.format
        if self.template:
            entities = template_of(self.template).entities
            if each.format:
                yield "the template says the format: remove format"
            if each.entity and each.entity not in entities:
                yield f"the template has no entity {each.entity}; it has {', '.join(entities)}"
                return
            label = each.entity or self.entity_of({})
            source_format = entities[label].source_format  # type: ignore[assignment]
        if source_format is None:
            yield "say which format F&O shall read: CSV, CSV-Unicode, Tab-delimited, XML-Element, XML-Attribute or EXCEL"
        elif source_format.upper() not in WRAPPED:
            yield f"files of the template's format {source_format} are not wrapped"
        elif source_format.upper() not in TEXT_FORMATS and (each.delimiter or each.encoding):
            yield f"delimiter and encoding are for delimited text, not for {source_format}"
