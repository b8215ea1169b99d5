"""The data entities of an environment, read from YAML. The top of catalogue.yaml describes the format."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

TYPES = ("string", "int", "real", "date", "datetime", "enum", "guid")
SHIPPED = Path(__file__).parents[2] / "catalogue.yaml"


@dataclass(frozen=True)
class Field:
    """One field of an entity. `name` is its name in OData; staging has it in upper case (fno-behaviour 3.7)."""

    name: str
    type: str = "string"
    label: str = ""
    length: int = 0
    mandatory: bool = False
    values: tuple[str, ...] = ()
    references: str = ""
    navigation: str = ""
    """The navigation property to the referenced record in OData, if it is not named after the record's type."""
    default: str = ""
    numbered: str = ""
    """The prefix of a number sequence. An empty value is replaced by the next number."""

    @property
    def staging(self) -> str:
        """The field's name in staging tables, headers and manifests."""
        return self.name.upper()


@dataclass(frozen=True)
class Entity:
    """A data entity. Manifests use its `label`, the AOT its `name`, and OData its `collection`."""

    label: str
    name: str
    collection: str
    public_name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    shared: bool = False
    module: str = ""
    category: str = "Master"
    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)

    def by_staging(self, name: str) -> Field | None:
        """The field with that name in staging, in any case; None if there is none."""
        return next((one for one in self.fields if one.staging == name.strip().upper()), None)

    @property
    def key_fields(self) -> tuple[Field, ...]:
        """The fields that identify a row within its company."""
        by_name = {one.name: one for one in self.fields}
        return tuple(by_name[name] for name in self.key)


@dataclass(frozen=True)
class Composite:
    """A composite entity: documents of a root record (first member) with records of the others (fno-behaviour 3.9)."""

    label: str
    name: str
    members: tuple[Entity, ...]
    category: str = "Transaction"

    @property
    def module(self) -> str:
        """The module of the root entity."""
        return self.members[0].module


@dataclass(frozen=True)
class Catalogue:
    """The companies, entities and composites of an environment, and its first projects and recurring jobs."""

    companies: tuple[str, ...]
    entities: tuple[Entity, ...]
    projects: tuple[dict[str, Any], ...] = ()
    composites: tuple[Composite, ...] = ()
    recurring: tuple[dict[str, Any], ...] = ()

    def composite(self, label: str) -> Composite | None:
        """The composite with that label, in any case; None if there is none."""
        return next((one for one in self.composites if one.label.lower() == label.strip().lower()), None)

    def find(self, label: str) -> Entity | Composite | None:
        """The entity or composite with that label, in any case; None if there is none."""
        return self.by_label(label) or self.composite(label)

    def by_label(self, label: str) -> Entity | None:
        """The entity with that label, in any case; None if there is none."""
        return next((one for one in self.entities if one.label.lower() == label.strip().lower()), None)

    def levels(self, entities: list[Entity]) -> dict[str, int]:
        """A level for each entity by its label, above the levels of the entities that it references."""
        found = dict.fromkeys((one.label for one in entities), 1)
        for _ in entities:
            for one in entities:
                needed = [
                    found[label] for field in one.fields if (label := field.references) in found and label != one.label
                ]
                found[one.label] = max([1, *(level + 1 for level in needed)])
        return found

    def by_collection(self, collection: str) -> Entity | None:
        """The entity behind an OData set, whose name is case-sensitive; None if there is none."""
        return next((one for one in self.entities if one.collection == collection), None)


def load(path: Path = SHIPPED) -> Catalogue:
    """Read a catalogue from a YAML file.

    Raises:
        ValueError: the catalogue is invalid; the message names the entity and what to do.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not document.get("entities"):
        raise ValueError(f"{path} has no entities. A catalogue is a mapping with `companies` and `entities`.")
    catalogue = Catalogue(
        companies=tuple(str(one) for one in document.get("companies", [])),
        entities=tuple(_entity(one, path) for one in document["entities"]),
        projects=tuple(document.get("projects", [])),
        recurring=tuple(document.get("recurring", [])),
    )
    for entity in catalogue.entities:
        for one in entity.fields:
            _check_reference(catalogue, entity, one, path)
    composites = tuple(_composite(catalogue, one, path) for one in document.get("composites", []))
    return replace(catalogue, composites=composites)


def _composite(catalogue: Catalogue, raw: dict[str, Any], path: Path) -> Composite:
    members = [catalogue.by_label(label) for label in raw["members"]]
    found = tuple(one for one in members if one)
    if len(found) != len(members):
        raise ValueError(
            f"{path}: {raw['label']} has a member that is not an entity of the catalogue: {', '.join(raw['members'])}."
        )
    return Composite(raw["label"], raw["name"], found)


def _entity(raw: dict[str, Any], path: Path) -> Entity:
    label = raw.get("label", "?")
    fields = tuple(_field(name, spec or {}, f"{path}: {label}") for name, spec in raw["fields"].items())
    unknown = set(raw["key"]) - {one.name for one in fields}
    if unknown:
        raise ValueError(
            f"{path}: the key of {label} contains {', '.join(sorted(unknown))}, which is not one of its fields."
        )
    return Entity(
        label=label,
        name=raw["name"],
        collection=raw["collection"],
        public_name=raw["public_name"],
        key=tuple(raw["key"]),
        fields=fields,
        shared=bool(raw.get("shared", False)),
        module=raw.get("module", ""),
        category=raw.get("category", "Master"),
        rows=raw.get("rows", {}),
    )


def _field(name: str, spec: dict[str, Any], where: str) -> Field:
    values = tuple(str(one) for one in spec.get("values", ()))
    if spec.get("type") == "noyes":
        spec, values = {**spec, "type": "enum"}, ("No", "Yes")
    made = Field(name=name, **{**spec, "values": values})
    if made.type not in TYPES:
        raise ValueError(f"{where}: field {name} has the unknown type {made.type!r}. Use {', '.join(TYPES)} or noyes.")
    if made.type == "enum" and not values:
        raise ValueError(f"{where}: field {name} is an enum without `values`. Add them.")
    return made if made.label else Field(**{**vars(made), "label": name})


def _check_reference(catalogue: Catalogue, entity: Entity, one: Field, path: Path) -> None:
    if not one.references:
        return
    related = catalogue.by_label(one.references)
    if related is None or len(related.key) != 1:
        raise ValueError(
            f"{path}: {entity.label}.{one.name} references {one.references!r}: "
            "use the label of an entity whose key is a single field."
        )
    if entity.shared and not related.shared:
        raise ValueError(
            f"{path}: {entity.label} is shared and its field {one.name} references {one.references!r}, which has rows per "
            "company. Reference a shared entity."
        )
