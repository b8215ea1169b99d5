"""What the service says about itself: the service document, `$metadata`, and `/metadata/*` as JSON."""

from typing import Any

from emulator.dmf.catalogue import Catalogue, Entity, Field
from emulator.odata.actions import ACTIONS, Action
from emulator.odata.rows import SETS

NAMESPACE = "Microsoft.Dynamics.DataEntities"
_EDM = {"string": "Edm.String", "int": "Edm.Int32", "real": "Edm.Decimal", "guid": "Edm.Guid"}
_PARAMETER = {str: "Edm.String", bool: "Edm.Boolean", int: "Edm.Int32"}
GROUP = "DataManagementDefinitionGroup"


def service_document(catalogue: Catalogue) -> list[dict[str, str]]:
    """The names of all sets."""
    names = sorted([*SETS, *(one.collection for one in catalogue.entities)])
    return [{"name": one, "kind": "EntitySet", "url": one} for one in names]


def schema(catalogue: Catalogue) -> str:
    """`$metadata`: types, enums, sets and the bound actions, as CSDL."""
    types = "".join(_type(one) for one in catalogue.entities)
    enums = "".join(_enum(one["Name"], one["Members"]) for one in public_enumerations(catalogue))
    sets = "".join(
        f'<EntitySet Name="{one.collection}" EntityType="{NAMESPACE}.{one.public_name}"/>'
        for one in catalogue.entities
    )
    group = (
        f'<EntityType Name="{GROUP}"><Key><PropertyRef Name="Name"/></Key>'
        '<Property Name="Name" Type="Edm.String" Nullable="false"/><Property Name="Description" Type="Edm.String"/>'
        "</EntityType>"
    )
    actions = "".join(_action(name, one) for name, one in ACTIONS.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{enums}{types}{group}{actions}<EntityContainer Name="Resources">{sets}'
        f'<EntitySet Name="{GROUP}s" EntityType="{NAMESPACE}.{GROUP}"/></EntityContainer></Schema>'
        "</edmx:DataServices></edmx:Edmx>"
    )


def data_entities(catalogue: Catalogue) -> list[dict[str, Any]]:
    """`/metadata/DataEntities`: the catalogue's, and the framework's own sets."""
    own = [
        _data_entity(f"{one.removesuffix('s')}Entity", one.removesuffix("s"), one, "Parameters")
        for one in SETS
    ]
    return [
        *(
            _data_entity(one.name, one.public_name, one.collection, one.category)
            for one in catalogue.entities
        ),
        *own,
    ]


def label(catalogue: Catalogue, label_id: str, language: str) -> dict[str, str] | None:
    """`/metadata/Labels(Id='...',Language='...')`; the catalogue has its labels in one language."""
    found = next((one for one in catalogue.entities if _label_id(one.name) == label_id), None)
    return {"Id": label_id, "Language": language, "Value": found.label} if found else None


def _label_id(name: str) -> str:
    return f"@Emulator:{name}"


def _data_entity(name: str, public_name: str, collection: str, category: str) -> dict[str, Any]:
    return {
        "Name": name,
        "PublicEntityName": public_name,
        "PublicCollectionName": collection,
        "LabelId": _label_id(name),
        "DataServiceEnabled": True,
        "DataManagementEnabled": True,
        "EntityCategory": category,
        "IsReadOnly": False,
    }


def public_entities(catalogue: Catalogue) -> list[dict[str, Any]]:
    """`/metadata/PublicEntities`: the catalogue's, and the one that carries the actions."""
    group = {
        "Name": GROUP,
        "EntitySetName": f"{GROUP}s",
        "LabelId": "",
        "IsReadOnly": False,
        "ConfigurationEnabled": True,
        "Properties": [_property("Name", "Edm.String", key=True), _property("Description", "Edm.String")],
        "NavigationProperties": [],
        "Actions": [_described(name, one) for name, one in ACTIONS.items()],
    }
    return [*(_public(one) for one in catalogue.entities), group]


def public_enumerations(catalogue: Catalogue) -> list[dict[str, Any]]:
    """`/metadata/PublicEnumerations`."""
    found = {
        _enum_name(one): one.values for entity in catalogue.entities for one in entity.fields if one.values
    }
    return [
        {"Name": name, "Members": [{"Name": member, "Value": number} for number, member in enumerate(values)]}
        for name, values in found.items()
    ]


def _public(entity: Entity) -> dict[str, Any]:
    company = [] if entity.shared else [_property("dataAreaId", "Edm.String", key=True)]
    own = [
        _property(one.name, _edm(one), key=one.name in entity.key, mandatory=one.mandatory)
        for one in entity.fields
    ]
    return {
        "Name": entity.public_name,
        "EntitySetName": entity.collection,
        "LabelId": _label_id(entity.name),
        "IsReadOnly": False,
        "ConfigurationEnabled": True,
        "Properties": company + own,
        "NavigationProperties": [],
        "Actions": [],
    }


def _property(name: str, kind: str, *, key: bool = False, mandatory: bool = False) -> dict[str, Any]:
    return {
        "Name": name,
        "TypeName": kind,
        "DataType": kind.rpartition(".")[2],
        "LabelId": None,
        "IsKey": key,
        "IsMandatory": mandatory or key,
        "AllowEdit": not key,
        "AllowEditOnCreate": True,
    }


def _described(name: str, action: Action) -> dict[str, Any]:
    parameters = [
        {"Name": one, "Type": {"TypeName": _PARAMETER[kind], "IsCollection": False}}
        for one, kind in action.parameters.items()
    ]
    collection = action.returns.startswith("Collection(")
    returns = action.returns.removeprefix("Collection(").rstrip(")")
    return {
        "Name": name,
        "BindingKind": "BoundToEntitySet",
        "Parameters": parameters,
        "ReturnType": {"TypeName": returns, "IsCollection": collection} if returns else None,
    }


def _type(entity: Entity) -> str:
    company = "" if entity.shared else '<Property Name="dataAreaId" Type="Edm.String" Nullable="false"/>'
    references = "".join(
        f'<PropertyRef Name="{one}"/>' for one in [*([] if entity.shared else ["dataAreaId"]), *entity.key]
    )
    properties = "".join(
        f'<Property Name="{one.name}" Type="{_edm(one)}" Nullable="{str(one.name not in entity.key).lower()}"/>'
        for one in entity.fields
    )
    return (
        f'<EntityType Name="{entity.public_name}"><Key>{references}</Key>{company}{properties}</EntityType>'
    )


def _enum(name: str, members: list[dict[str, Any]]) -> str:
    listed = "".join(f'<Member Name="{one["Name"]}" Value="{one["Value"]}"/>' for one in members)
    return f'<EnumType Name="{name}">{listed}</EnumType>'


def _action(name: str, action: Action) -> str:
    bound = f'<Parameter Name="{GROUP}s" Type="Collection({NAMESPACE}.{GROUP})"/>'
    parameters = "".join(
        f'<Parameter Name="{one}" Type="{_PARAMETER[kind]}"/>' for one, kind in action.parameters.items()
    )
    returns = f'<ReturnType Type="{action.returns}"/>' if action.returns else ""
    return f'<Action Name="{name}" IsBound="true">{bound}{parameters}{returns}</Action>'


def _edm(field: Field) -> str:
    if field.type == "enum":
        return f"{NAMESPACE}.{_enum_name(field)}"
    return _EDM.get(field.type, "Edm.DateTimeOffset")


def _enum_name(field: Field) -> str:
    return "NoYes" if field.values == ("No", "Yes") else field.name
