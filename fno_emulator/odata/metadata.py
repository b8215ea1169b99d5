"""The metadata of the service: the service document, `$metadata`, and `/metadata/*` as JSON."""

from typing import Any

from fno_emulator.dmf.model.catalogue import Catalogue, Entity, Field
from fno_emulator.odata import navigation
from fno_emulator.odata.actions import ACTIONS, ON_ENTITIES, Action
from fno_emulator.odata.companions import COMPANIONS, Companion
from fno_emulator.odata.envelope import ACTION_SET
from fno_emulator.odata.navigation import Navigation

NAMESPACE = "Microsoft.Dynamics.DataEntities"
_EDM = {"string": "Edm.String", "int": "Edm.Int32", "real": "Edm.Decimal", "guid": "Edm.Guid"}
_PARAMETER = {str: "Edm.String", bool: "Edm.Boolean", int: "Edm.Int32"}
_STATUS = "DMFExecutionSummaryStatus"
_STATUSES = ("Unknown", "NotRun", "Executing", "Succeeded", "PartiallySucceeded", "Failed", "Canceled")
_CONSTRAINT = "#Microsoft.Dynamics.Metadata.ReferentialConstraint"
_ACTIONS = {ACTION_SET: ACTIONS, "DataManagementEntities": ON_ENTITIES}


def service_document(catalogue: Catalogue) -> list[dict[str, str]]:
    """The service document: the names of all sets."""
    names = sorted([*COMPANIONS, *(one.collection for one in catalogue.entities)])
    return [{"name": one, "kind": "EntitySet", "url": one} for one in names]


def schema(catalogue: Catalogue) -> str:
    """`$metadata` as CSDL: types, enums, sets and bound actions."""
    entities = public_entities(catalogue)
    types = "".join(_type(one) for one in entities)
    enums = "".join(_enum(one["Name"], one["Members"]) for one in public_enumerations(catalogue))
    sets = "".join(_set(catalogue, one) for one in entities)
    actions = "".join(
        _action(COMPANIONS[collection], collection, name, one)
        for collection, bound in _ACTIONS.items()
        for name, one in bound.items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{enums}{types}{actions}<EntityContainer Name="Resources">{sets}</EntityContainer></Schema>'
        "</edmx:DataServices></edmx:Edmx>"
    )


def data_entities(catalogue: Catalogue) -> list[dict[str, Any]]:
    """`/metadata/DataEntities`: the sets of the catalogue and of the framework."""
    own = [
        _data_entity(f"{one.public_name}Entity", one.public_name, collection, "Parameters")
        for collection, one in COMPANIONS.items()
    ]
    return [
        *(_data_entity(one.name, one.public_name, one.collection, one.category) for one in catalogue.entities),
        *own,
    ]


def label(catalogue: Catalogue, label_id: str, language: str) -> dict[str, str] | None:
    """`/metadata/Labels(Id='...',Language='...')`, the same text for every language; None if there is no such label."""
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
    """`/metadata/PublicEntities`: the entities of the catalogue and of the framework, with their actions."""
    own = [
        _public(
            catalogue,
            one.public_name,
            collection,
            [_property(name, kind, key=name in one.key) for name, kind in one.properties.items()],
        )
        for collection, one in COMPANIONS.items()
    ]
    return [*(_of_entity(catalogue, one) for one in catalogue.entities), *own]


def public_enumerations(catalogue: Catalogue) -> list[dict[str, Any]]:
    """`/metadata/PublicEnumerations`: the statuses of an execution, and the enums of the catalogue."""
    found = {_STATUS: _STATUSES} | {
        _enum_name(one): one.values for entity in catalogue.entities for one in entity.fields if one.values
    }
    return [
        {"Name": name, "Members": [{"Name": member, "Value": number} for number, member in enumerate(values)]}
        for name, values in found.items()
    ]


def _of_entity(catalogue: Catalogue, entity: Entity) -> dict[str, Any]:
    company = [] if entity.shared else [_property("dataAreaId", "Edm.String", key=True)]
    own = [_property(one.name, _edm(one), key=one.name in entity.key, mandatory=one.mandatory) for one in entity.fields]
    return _public(catalogue, entity.public_name, entity.collection, company + own, _label_id(entity.name))


def _public(
    catalogue: Catalogue, name: str, collection: str, properties: list[dict[str, Any]], label_id: str = ""
) -> dict[str, Any]:
    return {
        "Name": name,
        "EntitySetName": collection,
        "LabelId": label_id,
        "IsReadOnly": False,
        "ConfigurationEnabled": True,
        "Properties": properties,
        "NavigationProperties": [_navigation(one) for one in navigation.of(catalogue, collection)],
        "Actions": [_action_entry(action, one) for action, one in _ACTIONS.get(collection, {}).items()],
    }


def _navigation(one: Navigation) -> dict[str, Any]:
    return {
        "Name": one.name,
        "RelatedEntity": one.public_name,
        "RelatedRelationName": None,
        "Cardinality": "Multiple" if one.many else "Single",
        "Constraints": [
            {"@odata.type": _CONSTRAINT, "Property": own, "ReferencedProperty": related} for own, related in one.pairs
        ],
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


def _action_entry(name: str, action: Action) -> dict[str, Any]:
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


def _type(entity: dict[str, Any]) -> str:
    keys = "".join(f'<PropertyRef Name="{one["Name"]}"/>' for one in entity["Properties"] if one["IsKey"])
    properties = "".join(
        f'<Property Name="{one["Name"]}" Type="{one["TypeName"]}" Nullable="{str(not one["IsKey"]).lower()}"/>'
        for one in entity["Properties"]
    )
    navigation_properties = "".join(_navigation_property(one) for one in entity["NavigationProperties"])
    return f'<EntityType Name="{entity["Name"]}"><Key>{keys}</Key>{properties}{navigation_properties}</EntityType>'


def _navigation_property(one: dict[str, Any]) -> str:
    kind = f"{NAMESPACE}.{one['RelatedEntity']}"
    if one["Cardinality"] == "Multiple":
        return f'<NavigationProperty Name="{one["Name"]}" Type="Collection({kind})"/>'
    pairs = "".join(
        f'<ReferentialConstraint Property="{pair["Property"]}" ReferencedProperty="{pair["ReferencedProperty"]}"/>'
        for pair in one["Constraints"]
    )
    return f'<NavigationProperty Name="{one["Name"]}" Type="{kind}">{pairs}</NavigationProperty>'


def _set(catalogue: Catalogue, entity: dict[str, Any]) -> str:
    name = entity["EntitySetName"]
    bindings = "".join(
        f'<NavigationPropertyBinding Path="{one.name}" Target="{one.collection}"/>'
        for one in navigation.of(catalogue, name)
    )
    return f'<EntitySet Name="{name}" EntityType="{NAMESPACE}.{entity["Name"]}">{bindings}</EntitySet>'


def _enum(name: str, members: list[dict[str, Any]]) -> str:
    listed = "".join(f'<Member Name="{one["Name"]}" Value="{one["Value"]}"/>' for one in members)
    return f'<EnumType Name="{name}">{listed}</EnumType>'


def _action(companion: Companion, collection: str, name: str, action: Action) -> str:
    bound = f'<Parameter Name="{collection}" Type="Collection({NAMESPACE}.{companion.public_name})"/>'
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
