"""Import routes: what Landfall does with the files of a landing path."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from landfall.config.expectations import Expectation
from landfall.config.path_template import PathTemplate
from landfall.config.types import Company, Encoding, Environment, Frozen, Name, YamlPath
from landfall.packages.archives import RefusedPackageError
from landfall.packages.building import read_template
from landfall.packages.formats import FORMATS, FormatName, format_of
from landfall.packages.formats.raw_files import RawFile
from landfall.records import Terms

FOLDER = Path(__file__).parents[2]
"""The folder of templates for a plan that is not read from a file: the one that landfall.yaml ships in."""
template_of = cache(read_template)
"""A template, read only once per process, since it is deployed with the app."""


def _template(file: Path, info: ValidationInfo) -> Path:
    """The path of a template beside landfall.yaml; raises ValueError for one that cannot be used."""
    found = Path((info.context or {}).get("folder", FOLDER)) / file
    try:
        template_of(found)
    except OSError:
        raise ValueError(f"the template {file} is not beside landfall.yaml: add it there") from None
    except RefusedPackageError as refusal:
        raise ValueError(f"{file} is not a usable template: {refusal}") from None
    return found


EntityLabel = Annotated[str | None, Field(description="The entity's label in F&O, in the language of the API user.")]
SourceFormat = Annotated[
    FormatName | None,
    Field(description="The source data format that F&O reads. Landfall converts the dropped file to it."),
]
Delimiter = Annotated[
    Literal[",", ";", "|", "\t"] | None,
    Field(description="The delimiter of the dropped file. By default, the header row shows it."),
]
FileEncoding = Annotated[
    Encoding | None,
    Field(description="The encoding of a dropped file without a byte order mark. By default, it is UTF-8."),
]


class RawFormat(Frozen):
    """How a raw file is read, and the entity whose rows it has."""

    entity: EntityLabel = None
    format: SourceFormat = None
    delimiter: Delimiter = None
    encoding: FileEncoding = None

    @property
    def settings(self) -> list[str]:
        """The names of the settings that have a value."""
        return [name for name in RawFormat.model_fields if getattr(self, name) is not None]

    def raw_file(self, name: str, size: int) -> RawFile:
        """A raw file of this format, with its name and its size in bytes."""
        return RawFile(name, size, self.format or "", delimiter=self.delimiter, encoding=self.encoding)


class PartFile(RawFormat):
    """One of several files that become one package."""

    file: str
    """Its name, in the folder of the ready marker."""
    optional: bool = False
    """Whether Landfall may send the package without it."""


class ImportRoute(Frozen):
    """A route: the landing paths that it takes, and what Landfall asks F&O to do with their files.

    A route with only a name and a path takes data packages. With `entity`, {entity} in its path, a template or parts,
    it takes raw files and wraps them.
    """

    entity: EntityLabel = None
    format: SourceFormat = None
    delimiter: Delimiter = None
    encoding: FileEncoding = None
    name: Name
    """The route's name, in runs, lists and on the dashboard."""
    path: PathTemplate
    """The landing path, with {captures}. In a route with parts, the path of the marker that completes them."""
    data_project: str | None = None
    """The data project. By default, the package's manifest names it, or for a raw file it is the entity's label."""
    environment: Environment | None = None
    """One of `environments`. By default, the one that the FNO_* app settings describe."""
    company: Company | None = None
    """The company. By default, the path captures it as {company}, from a folder or from the file's name."""
    template: Annotated[Path, AfterValidator(_template)] | None = None
    """A data package beside landfall.yaml. Landfall imports raw files with its mapping."""
    parts: tuple[PartFile, ...] = ()
    """The files that become one package, in this order, once the marker has landed beside them."""
    parts_wait_minutes: float = Field(default=30, ge=0, le=120)
    """How long a marker waits for parts that land after it."""
    execute: bool = True
    """Whether F&O moves the rows from staging to the target; if false, the import ends after staging."""
    overwrite: bool = True
    """Whether the manifest replaces the definition of an existing data project; if false, such a project refuses it."""
    order: Literal["landing", "strict"] = "landing"
    """`landing`: of the files that wait for a data project, the one that landed first goes first. `strict`: also, no
    file goes while an earlier one that may go to that data project is still on its way to the queue, for 15 minutes at
    most."""
    same_content: Literal["skip", "import"] = "skip"
    """What happens to a file that lands with the same content as the path's last run, when that has succeeded or is
    under way. `import` also imports again when only the file's metadata changed, because storage does not tell these
    apart."""
    on_failure: Literal["continue", "hold"] = "continue"
    """What happens to the files after one that did not succeed: they continue, or the lane waits for a person."""
    after: tuple[Name, ...] = ()
    """Routes whose files go first: a file waits while a file of theirs, of its company and landed before it or in the
    minute after it, has not succeeded or been dealt with."""
    after_wait_hours: float = Field(default=24, gt=0)
    """How long a file waits for the files of `after`."""
    on_wait: Literal["hold", "go"] = "hold"
    """What happens to a file that has waited so long: the lane is held with the reason until a person releases it, or
    the file goes."""
    expect: Expectation | None = None
    """By when which files must come; people are told when they do not."""
    deadline_hours: float = Field(default=24, gt=0)
    """How long an import may run before Landfall asks a person to look at it."""

    def terms(self, attempt: int = 1) -> Terms:
        """What goes with a run of this route, whatever becomes of the route."""
        return Terms(
            attempt,
            self.deadline_hours,
            self.execute,
            self.overwrite,
            self.order,
            self.on_failure,
            after=self.after,
            after_wait_hours=self.after_wait_hours,
            on_wait=self.on_wait,
        )

    @property
    def raw(self) -> RawFormat:
        """How the route's own files are read; a route with parts reads each part in its own way."""
        return RawFormat.model_validate(self, from_attributes=True)

    @property
    def is_raw(self) -> bool:
        """Whether the route takes raw files, which Landfall wraps."""
        return bool(self.entity or self.template or self.parts or "entity" in self.path.captures)

    def entity_of(self, captures: Mapping[str, str]) -> str:
        """The label of the entity whose rows a file has; `captures` are those of its path."""
        if named := self.entity or captures.get("entity"):
            return named
        return next(iter(template_of(self.template).entities)) if self.template else ""

    def marker_of(self, name: str) -> str | None:
        """The path of the marker that a landing path waits for; None for a path that is not a part of this route."""
        folder, _, file = name.rpartition("/")
        marker = f"{folder}/{self._marker}"
        is_part = file in {part.file for part in self.parts}
        return marker if is_part and self.path.match(marker) is not None else None

    @property
    def _marker(self) -> str:
        return self.path.template.rpartition("/")[2]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if mistakes := list(self._mistakes()):
            raise ValueError("; ".join(mistakes))
        return self

    def _mistakes(self) -> Iterator[str]:
        if self.company is None and "company" not in self.path.captures:
            yield "the company is missing: add {company} to path, or set company"
        if self.entity and "entity" in self.path.captures:
            yield "the entity is set twice: remove entity, or {entity} from path"
        if self.parts:
            yield from self._mistakes_of_parts()
        elif not self.is_raw:
            if settings := self.raw.settings:
                yield f"only routes for raw files use {', '.join(settings)}: set entity, or add {{entity}} to path"
        elif self.template and not self.entity and "entity" not in self.path.captures:
            labels = list(template_of(self.template).entities)
            if len(labels) > 1:
                yield f"the template has several entities: set entity to one of them ({', '.join(labels)})"
        if self.is_raw:
            for raw in self.parts or (self.raw,):
                yield from self._mistakes_of_format(raw)

    def _mistakes_of_parts(self) -> Iterator[str]:
        if settings := self.raw.settings + ["{entity} in path"] * ("entity" in self.path.captures):
            yield f"a route with parts cannot have {', '.join(settings)}: set it in each part"
        if not self.data_project:
            yield "a route with parts needs a data project: set data_project"
        if "{" in self._marker:
            yield "the path of a route with parts must end in the marker's name, like {batch}/_READY"
        if all(part.optional for part in self.parts):
            yield "every part is optional: remove optional from at least one of them"
        for what, names in (
            ("file", [part.file.lower() for part in self.parts]),
            ("entity", [part.entity or "" for part in self.parts]),
        ):
            if twice := [name for name in names if name and names.count(name) > 1]:
                yield f"two parts have the same {what} {twice[0]}: change one of them"
        for part in self.parts:
            if not part.entity:
                yield f"the part {part.file} has no entity: set entity"
            if "/" in part.file or part.file == self._marker:
                yield f"{part.file} cannot be a part: name another file in the marker's folder"

    def _mistakes_of_format(self, raw: RawFormat) -> Iterator[str]:
        name: str | None = raw.format
        if self.template:
            entities = template_of(self.template).entities
            if raw.format:
                yield "the template already sets the format: remove format"
            if raw.entity and raw.entity not in entities:
                yield f"the template has no entity {raw.entity}: set entity to one of {', '.join(entities)}"
                return
            name = entities[raw.entity or self.entity_of({})].source_format
        if name is None:
            yield f"the format is missing: set format to one of {', '.join(FORMATS)}"
        elif not (source_format := format_of(name)):
            yield f"Landfall cannot wrap files of the template's format {name}: use one of {', '.join(FORMATS)}"
        elif unused := {"delimiter", "encoding"} & {*raw.settings} - source_format.options:
            yield f"{name} files have no {' or '.join(sorted(unused))} to set: remove it"


def circles(routes: Sequence[ImportRoute]) -> Iterator[tuple[YamlPath, str]]:
    """Routes that wait for each other: the path below `imports` of the last of them, and the reason."""
    after: dict[str, tuple[str, ...]] = {}
    for index, route in enumerate(routes):
        after[route.name] = route.after
        ways = [[name] for name in route.after]
        for way in ways:  # grows meanwhile, by each route once
            seen = {name for each in ways for name in each}
            ways += [[*way, name] for name in after.get(way[-1], ()) if name not in seen or name == route.name]
            if way[-1] == route.name:
                path = " after ".join([route.name, *way])
                yield (index, "after"), f"these routes wait for each other: {path}. Remove one of them from after"
                break
