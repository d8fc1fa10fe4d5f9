"""The JSON Schema of the file, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from sms_notify.config.unavailable import UNAVAILABLE, steps
from sms_notify.config.written import File

Schema = dict[str, Any]


def json_schema() -> Schema:
    """What a file may hold: keys that would be refused are left out."""
    schema = File.model_json_schema(by_alias=True)
    for entry in UNAVAILABLE:
        if entry.value is None and entry.spares is None:
            _leave_out(schema, schema, steps(entry.path))
    used = _named(schema)
    schema["$defs"] = {name: block for name, block in schema["$defs"].items() if name in used}
    return schema


def _leave_out(schema: Schema, block: Schema, path: list[str]) -> None:
    """Take the key at `path` below `block` out of the blocks that define it."""
    either = (*block.get("anyOf", ()), *block.get("oneOf", ()))
    for inner in (_followed(schema, each) for each in (block, *either)):
        properties = inner.get("properties", {})
        step, rest = path[0], path[1:]
        if not rest:
            properties.pop(step, None)
        elif step == "[]" and "items" in inner:
            _leave_out(schema, inner["items"], rest)
        elif step == "*" and isinstance(inner.get("additionalProperties"), dict):
            _leave_out(schema, inner["additionalProperties"], rest)
        elif step in properties:
            _leave_out(schema, properties[step], rest)


def _followed(schema: Schema, block: Schema) -> Schema:
    name = block.get("$ref", "").removeprefix("#/$defs/")
    found: Schema = schema["$defs"][name] if name else block
    return found


def _named(schema: Schema) -> set[str]:
    """The definitions that are still referred to from the top."""
    found: set[str] = set()
    waiting: list[Any] = [{key: part for key, part in schema.items() if key != "$defs"}]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).removeprefix("#/$defs/")
            if name and name not in found:
                found.add(name)
                waiting.append(schema["$defs"][name])
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found
