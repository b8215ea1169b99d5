"""docs/configuration.md: every setting, from the models that read them; `python -m landfall.cli.schema` writes it anew."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from landfall.config.plan import Plan
from landfall.config.plan_file import OVERRIDE
from landfall.config.settings import STORAGE_SETTINGS, Fno, Storage

FILE = Path(__file__).parents[2] / "docs" / "configuration.md"
HEAD = f"""# Configuration

<!-- Made from the settings' models by `make schema`. -->

What lands where and what is exported when is in `landfall.yaml`; where things are and who the app is, in app settings.
`make check` names every mistake in `landfall.yaml` with its line. Any value of it can be overridden by an app setting:
`{OVERRIDE}POLLING__CAP_SECONDS=300` is `polling.cap_seconds`.
"""


TAIL = """
`LANDFALL_FILE` names another file than `landfall.yaml`, in the app's folder. An environment that `environments` names has settings of its own: for `uat` they begin with `FNO_UAT_` instead of `FNO_`.
A value that begins with `@Microsoft.KeyVault(` is a secret's place in a Key Vault, which the platform looks up. The names
that `landfall.yaml` mentions as `%NAME%` are app settings, too. What else a Functions app wants, above all
`AzureWebJobsStorage` and the queues of `DataStorage` (`DataStorage__queueServiceUri`), is in `infra/app.bicep`.
"""


class Row(NamedTuple):
    """A setting: what it means, which values it may have, and which one it has when nobody says."""

    setting: str
    means: str
    values: str
    default: str


def written() -> str:
    """The page, as the file holds it."""
    schema = Plan.model_json_schema()
    plain = {key: each for key, each in schema["properties"].items() if _model(schema, each)[0] is None}
    parts = [HEAD, "## landfall.yaml\n", *_table(_rows(plain, schema, ())), ""]
    parts += _sections(schema, schema["properties"], "")
    fno = {name: f"FNO_{name.upper()}" for name in Fno.model_fields}
    rows = [*_app_settings(Fno, fno), *_app_settings(Storage, STORAGE_SETTINGS)]
    return "\n".join([*parts, "## App settings\n", *_table(rows), TAIL])


def _sections(schema: dict[str, Any], properties: dict[str, Any], place: str) -> Iterator[str]:
    """A section for each object below, in the order of the file."""
    for name, about in properties.items():
        model, many = _model(schema, about)
        if model is None:
            continue
        here = f"{place}{name}{'[]' if many else ''}"
        yield f"### {here}\n\n{model.get('description', '').splitlines()[0]}\n"
        yield from _table(_rows(model["properties"], schema, model.get("required", ())))
        yield ""
        yield from _sections(schema, model["properties"], f"{here}.")


def _model(schema: dict[str, Any], about: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    """The object that a property holds, and whether it holds many; None for a plain value."""
    many = about.get("type") == "array"
    found = about["items"] if many else about
    reference = found.get("$ref") or next(
        (each["$ref"] for each in found.get("anyOf", ()) if "$ref" in each), None
    )
    return (schema["$defs"][reference.rpartition("/")[2]] if reference else None), many


def _kind(about: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    if "anyOf" in about:
        kinds = [_kind(each, schema) for each in about["anyOf"] if each.get("type") != "null"]
        return " or ".join(kinds)
    if "enum" in about:
        return ", ".join(f"`{json.dumps(each).strip(chr(34))}`" for each in about["enum"])
    if about.get("type") == "array":
        return "list" if _model(schema, about)[0] else f"list of {_kind(about['items'], schema)}"
    kind = {"number": "number", "integer": "whole number", "boolean": "`true`, `false`"}.get(
        about.get("type", ""), "text"
    )
    bounds = [
        f"{word} {about[key]:g}"
        for key, word in (
            ("exclusiveMinimum", "over"),
            ("minimum", "from"),
            ("maximum", "to"),
            ("exclusiveMaximum", "under"),
        )
        if key in about
    ]
    return " ".join([kind, *bounds])


def _default(about: dict[str, Any], *, needed: bool) -> str:
    if needed:
        return "needed"
    default = about.get("default")
    return (
        ""
        if default in (None, [], {}) or isinstance(default, dict)
        else f"`{json.dumps(default).strip(chr(34))}`"
    )


def _app_settings(model: type[BaseModel], names: dict[str, str]) -> list[Row]:
    """Rows of a model that is read from app settings, by the names that its fields have there."""
    schema = model.model_json_schema()
    rows = _rows(schema["properties"], schema, schema.get("required", ()))
    return [row._replace(setting=names[row.setting]) for row in rows]


def _rows(properties: dict[str, Any], schema: dict[str, Any], needed: Collection[str]) -> list[Row]:
    return [
        Row(key, each.get("description", ""), _kind(each, schema), _default(each, needed=key in needed))
        for key, each in properties.items()
    ]


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| setting | means | values | default |"
    yield "|---|---|---|---|"
    for row in rows:
        cells = [each.replace("\n", " ").replace("|", "\\|") for each in row[1:]]
        yield f"| `{row.setting}` | {' | '.join(cells)} |"
