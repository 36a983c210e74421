"""Values as JSON takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum


def plain(value: object) -> object:
    """Turn a dataclass into a dict, tuples into lists, times into ISO 8601. Raw bytes are left out of dataclasses."""
    match value:
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [plain(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            items = ((field.name, getattr(value, field.name)) for field in fields(value))
            return {name: plain(item) for name, item in items if not isinstance(item, bytes)}
        case _:
            return value
