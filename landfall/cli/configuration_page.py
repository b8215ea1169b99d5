"""Builds docs/configuration.md from the models of the settings; `python -m landfall.cli.schema` writes it."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from landfall.config.environments import Fno
from landfall.config.plan import Plan
from landfall.config.plan_file import OVERRIDE
from landfall.config.settings import STORAGE_SETTINGS, Storage

FILE = Path(__file__).parents[2] / "docs" / "configuration.md"
HEAD = f"""# Configuration

<!-- `make schema` writes this page from the settings' models. -->

`landfall.yaml` says what to import and what to export when. App settings say where F&O and the storage are and how the
app signs in. `make check` names every mistake in `landfall.yaml` with its line, routes that take each other's files, and
the app settings that the file needs. An app setting can override any of its values:
`{OVERRIDE}POLLING__CAP_SECONDS=300` sets `polling.cap_seconds`.
"""


TAIL = """
`LANDFALL_FILE` names a file in the app's folder to read instead of `landfall.yaml`. `LANDFALL_CLOCK_FILE` names one that
holds the time, as ISO 8601, to try out in moments what takes hours. Each environment under
`environments` has its own settings: those of `uat` begin with `FNO_UAT_` instead of `FNO_`. A value that begins with
`@Microsoft.KeyVault(` is a reference to a Key Vault secret, which the platform resolves. Names that `landfall.yaml`
mentions as `%NAME%` are app settings, too. `infra/app.bicep` sets what else a Functions app needs, such as
`AzureWebJobsStorage` and the queues of `DataStorage` (`DataStorage__queueServiceUri`).
"""


class Row(NamedTuple):
    """A setting: its meaning, its possible values, and its default."""

    setting: str
    means: str
    values: str
    default: str


def page_text() -> str:
    """Return the page, as the file holds it."""
    schema = Plan.model_json_schema()
    plain = {key: each for key, each in schema["properties"].items() if _model(schema, each)[0] is None}
    parts = [HEAD, "## landfall.yaml\n", *_table(_rows(plain, schema, ())), ""]
    parts += _sections(schema, schema["properties"], "")
    fno = {name: f"FNO_{name.upper()}" for name in Fno.model_fields}
    rows = [*_app_settings(Fno, fno), *_app_settings(Storage, STORAGE_SETTINGS)]
    return "\n".join([*parts, "## App settings\n", *_table(rows), TAIL])


def _sections(schema: dict[str, Any], properties: dict[str, Any], parent: str) -> Iterator[str]:
    """Yield a section for each object, in the order of the file."""
    for name, about in properties.items():
        model, many = _model(schema, about)
        if model is None:
            continue
        here = f"{parent}{name}{'[]' if many else ''}"
        yield f"### {here}\n\n{model.get('description', '').splitlines()[0]}\n"
        yield from _table(_rows(model["properties"], schema, model.get("required", ())))
        yield ""
        yield from _sections(schema, model["properties"], f"{here}.")


def _model(schema: dict[str, Any], about: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    """Return the object that a property holds, None for a plain value, and whether it holds many."""
    many = about.get("type") == "array"
    found = about["items"] if many else about
    reference = found.get("$ref") or next((each["$ref"] for each in found.get("anyOf", ()) if "$ref" in each), None)
    return (schema["$defs"][reference.rpartition("/")[2]] if reference else None), many


def _kind(about: dict[str, Any], schema: dict[str, Any]) -> str:
    """Describe the values that a property accepts."""
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


def _default(about: dict[str, Any], *, required: bool) -> str:
    if required:
        return "required"
    default = about.get("default")
    return "" if default in (None, [], {}) or isinstance(default, dict) else f"`{json.dumps(default).strip(chr(34))}`"


def _app_settings(model: type[BaseModel], names: dict[str, str]) -> list[Row]:
    """Return the rows of a model that is read from app settings, which have these names by field."""
    schema = model.model_json_schema()
    rows = _rows(schema["properties"], schema, schema.get("required", ()))
    return [row._replace(setting=names[row.setting]) for row in rows]


def _rows(properties: dict[str, Any], schema: dict[str, Any], required: Collection[str]) -> list[Row]:
    return [
        Row(key, each.get("description", ""), _kind(each, schema), _default(each, required=key in required))
        for key, each in properties.items()
    ]


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| setting | means | values | default |"
    yield "|---|---|---|---|"
    for row in rows:
        cells = [each.replace("\n", " ").replace("|", "\\|") for each in row[1:]]
        yield f"| `{row.setting}` | {' | '.join(cells)} |"
