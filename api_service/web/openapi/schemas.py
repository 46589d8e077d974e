"""JSON schemas of the models, under their names in the document, and examples made from them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

Json = dict[str, Any]
Wanted = tuple[Any, JsonSchemaMode]
"""A type, and whether it is read ("validation") or written ("serialization")."""

WHERE: Final = "#/components/schemas/"
_PLAIN: Final[Mapping[str, Any]] = {
    "string": "text",
    "integer": 0,
    "number": 0.0,
    "boolean": True,
    "null": None,
    "object": {},
}


class _Generator(GenerateJsonSchema):
    """Removes titles that only repeat the names of fields."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


class Schemas:
    """The schemas, and the name of each wanted type among them."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        inputs: list[tuple[int, Literal["validation", "serialization"], TypeAdapter[Any]]] = []
        self._keys: dict[Wanted, tuple[int, JsonSchemaMode]] = {}
        for kind, mode in wanted:
            if (kind, mode) not in self._keys:
                self._keys[kind, mode] = (len(inputs), mode)
                inputs.append((len(inputs), mode, TypeAdapter(kind)))
        found, rest = TypeAdapter.json_schemas(inputs, ref_template=WHERE + "{model}", schema_generator=_Generator)
        self._schemas: Mapping[tuple[int, JsonSchemaMode], Json] = _renamed(found)
        names = Counter(_name(name) for name in rest.get("$defs", {}))
        if clashes := [name for name, count in names.items() if count > 1]:
            raise TypeError(f"several models would be called {clashes} in the document")
        self.components: Json = {
            _name(name): {key: part for key, part in _renamed(schema).items() if key != "title"}
            for name, schema in sorted(rest.get("$defs", {}).items())
        }

    def of(self, kind: Any, mode: JsonSchemaMode) -> Json:
        """A reference to the schema of a wanted type; or the schema itself if it has no name."""
        return dict(self._schemas[self._keys[kind, mode]])

    def resolved(self, schema: Json) -> Json:
        """The schema behind a reference."""
        return self.resolved(self.components[schema["$ref"].removeprefix(WHERE)]) if "$ref" in schema else schema

    def example(self, schema: Json) -> Any:
        """An example value of the schema, made from the examples and defaults of its parts."""
        if examples := schema.get("examples"):
            return examples[0]
        if "$ref" in schema:
            return self.example(self.resolved(schema))
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if "enum" in schema:
            return schema["enum"][0]
        if choices := schema.get("anyOf", schema.get("oneOf")):
            return self.example(choices[0])
        if "properties" in schema:
            return self._object(schema)
        if schema.get("type") == "array":
            parts: Sequence[Json] = schema.get("prefixItems") or [schema["items"]]
            return [self.example(part) for part in parts]
        return _PLAIN.get(schema.get("type", "null"))

    def _object(self, schema: Json) -> Json:
        required = schema.get("required", ())
        return {
            name: self.example(part)
            for name, part in schema["properties"].items()
            if name in required or "examples" in part
        }


def _renamed(value: Any) -> Any:
    """The same schema, with references by the names in the document."""
    if isinstance(value, dict):
        return {
            key: WHERE + _name(part.removeprefix(WHERE)) if key == "$ref" else _renamed(part)
            for key, part in value.items()
        }
    return [_renamed(part) for part in value] if isinstance(value, list) else value


def _name(name: str) -> str:
    """The name in the document: types end in Json, which readers of JSON need not know; a page of them is a list."""
    name = re.sub(r"^Listing_(\w+?)(Json)?_$", r"\1List", name)
    return re.sub(r"(?<=[a-z])Json$", "", name)
