"""The JSON Schema of a file of definitions, from the models that read it: editors complete and check by it."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, create_model

from segmentry.definitions.model import Header, Previous, Segment
from segmentry.definitions.operators import OPERATORS

SCHEMA_FILE = "definitions/schema/definition.json"


def schema_text() -> str:
    """The schema as it is checked in."""
    previous = create_model("PreviousVersion", __base__=Previous, segments=(list[Segment], ...))
    whole = create_model(
        "Definition",
        __base__=Header,
        segments=(list[Segment], Field(min_length=1)),
        previous_versions=(list[previous], []),  # type: ignore[valid-type]
    )
    schema = whole.model_json_schema()
    operators = [{"const": name, "description": operator.meaning} for name, operator in OPERATORS.items()]
    rule: dict[str, Any] = schema["$defs"]["Rule"]["properties"]
    rule["op"] = {"title": "Op", "oneOf": operators}
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"
