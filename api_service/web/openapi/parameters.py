"""Describes the parameters of a request: path, query, headers."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from api_service.web.openapi.schemas import Json, Schemas
from api_service.web.payloads import Query

_CHOSEN_BY_OTHERS: Final = frozenset({"doctors", "clients"})
"""Paths whose ids are any text. All other ids are ours."""


def in_path(path: str) -> Iterator[Json]:
    for before, name in re.findall(r"(\w+)/{(\w+)}", path):
        ours = name == "id" and before not in _CHOSEN_BY_OTHERS
        schema = {"type": "string"} | ({"format": "uuid"} if ours else {"minLength": 1})
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def in_query(query: type[Query] | None, schemas: Schemas) -> Iterator[Json]:
    if query is None:
        return
    schema = schemas.resolved(schemas.of(query, "validation"))
    for name, part in schema["properties"].items():
        described = {key: value for key, value in part.items() if key != "description"}
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "allowEmptyValue": name not in schema.get("required", ()),
            "schema": _given(described),
        } | ({"description": part["description"]} if "description" in part else {})


def in_header(reads: Mapping[str, str]) -> Iterator[Json]:
    for name, meaning in reads.items():
        yield {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}


def _given(schema: Json) -> Json:
    """A missing parameter has no value, so the document does not offer null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    kept = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    return kept | (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})
