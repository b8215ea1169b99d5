"""`python -m landfall.cli.schema`: writes landfall.schema.json, which editors use, and docs/configuration.md."""

import json
from pathlib import Path

from landfall.cli import configuration_page
from landfall.config.plan import Plan

FILE = Path(__file__).parents[2] / "landfall.schema.json"


def schema_text() -> str:
    """Return the JSON schema of landfall.yaml, as the file holds it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
    configuration_page.FILE.write_text(configuration_page.page_text(), encoding="utf-8")
