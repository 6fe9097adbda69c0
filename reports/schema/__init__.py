"""JSON Schema of the report, made from its dataclasses; report-v1.json is the published copy.

Write it anew after a change of `reports.model`: python -m reports.schema
"""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from reports import model

__all__ = ["PATH", "report_schema"]

PATH = Path(__file__).parent / f"report-v{model.SCHEMA_VERSION}.json"
_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def report_schema() -> dict[str, Any]:
    """Draft 2020-12; every field is required and none other is allowed."""
    classes = [getattr(model, name) for name in model.__all__]
    definitions = {
        cls.__name__: _object(cls) for cls in classes if isinstance(cls, type) and is_dataclass(cls)
    }
    top = definitions.pop("Report")
    top["properties"]["schema_version"] = {"const": model.SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cxscout report",
        **top,
        "$defs": definitions,
    }


def _object(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    names = [field.name for field in fields(cls)]
    return {
        "type": "object",
        "description": (cls.__doc__ or "").split("\n\n")[0].replace("\n   ", ""),
        "properties": {name: _schema(hints[name]) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _schema(hint: Any) -> dict[str, Any]:
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if isinstance(hint, type) and is_dataclass(hint):
        return {"$ref": f"#/$defs/{hint.__name__}"}
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _schema(arguments[0])}
    if typing.get_origin(hint) is typing.Literal:
        return {"enum": list(arguments)}
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return {"anyOf": [_schema(argument) for argument in arguments]}
    raise TypeError(f"field of type {hint} has no JSON shape; add it to reports.schema")
