"""The JSON Schema of the spec, for editors. Made from the models; the published copy is checked against them."""

from __future__ import annotations

import json
from typing import Any

from toolkit.catalog.tables import DATA

PUBLISHED = "unattend.schema.json"


def published_schema() -> str:
    """Give the schema that ships with this version, without loading the models."""
    return (DATA / PUBLISHED).read_text(encoding="utf-8")


def schema_of_models() -> str:
    """Make the schema from the models, in the form in which it is published."""
    from toolkit.spec.model import model_of_every_table  # noqa: PLC0415  (printing the published copy needs no models)

    schema: dict[str, Any] = model_of_every_table().model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "unattend.toml"
    schema["properties"]["extends"] = {"type": "string", "description": "Another spec that this one lies over."}
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=True) + "\n"
