"""Laying settings over each other: a spec over the one it extends, and each `--set` argument over all of them."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeAlias

from toolkit.errors import UsageError
from toolkit.numbers import unsigned

if TYPE_CHECKING:
    from toolkit.spec.places import KeyPath

Table: TypeAlias = dict[str, Any]

_ITEM = re.compile(r"\[(\d+)\]")  # as our own messages write it
_DEEPEST = 16  # as in a spec
_SOURCES = frozenset({"env", "file", "prompt", "random"})  # of secrets: tables to write, but one value to read


def overlaid(base: Table, top: Table) -> Table:
    """Lay `top` over `base`: tables merge, everything else (arrays and sources of secrets too) is replaced."""
    merged = dict(base)
    for key, value in top.items():
        merged[key] = _laid(merged.get(key), value)
    return merged


def _laid(below: Any, value: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(value, dict):
        return value
    return value if is_source(value) and is_source(below) else overlaid(below, value)


def is_source(value: Any) -> bool:
    """Say whether `value` is a table that stands for a secret, such as `{ env = "NAME" }`."""
    return isinstance(value, dict) and bool(value) and value.keys() <= _SOURCES


def setting(argument: str, below: Table) -> tuple[KeyPath, Table]:
    """Read one `key.path=value`: the path whose value it changes, and that value in its tables, to lay over `below`.

    The value is TOML; what is not TOML is taken as a string. A number in the path picks an item of an array of `below`.
    Raises UsageError.
    """
    key, equals, text = argument.partition("=")
    parts = [part.strip() for part in _ITEM.sub(r".\1", key).split(".")]
    if not key.isprintable():
        raise UsageError("--set: the key holds a control character", help="For example: --set disk.firmware=uefi")
    if not equals or not all(parts):
        raise UsageError(f"--set {key}: write it as --set key.path=value", help="For example: --set disk.firmware=uefi")
    if len(parts) > _DEEPEST:
        raise UsageError(f"--set {parts[0]}: tables are nested {_DEEPEST} deep at most", help="Shorten the key.")
    if parts[0] == "extends":
        raise UsageError("--set extends: only a spec can extend another", help="Write extends = ... into the spec.")
    path = _path(parts, below)
    return _changed(path, below), _wrapped(path, _value(text), below)


def _value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if table.keys() == {"value"} else text


def _path(parts: list[str], below: Any) -> KeyPath:
    path: KeyPath = ()
    for number, part in enumerate(parts):
        if isinstance(below, list):
            path = (*path, _index(part, len(below), ".".join(parts[:number])))
            below = below[int(part)]
        else:
            path = (*path, part)
            below = below.get(part) if isinstance(below, dict) else None
    return path


def _changed(path: KeyPath, below: Any) -> KeyPath:
    """Give the path itself, or that of the text or number which a table for the rest of the path replaces."""
    for number, part in enumerate(path):
        if isinstance(below, dict):
            below = below.get(part)
        elif isinstance(below, list) and isinstance(part, int):
            below = below[part]
        elif below is not None:
            return path[:number]
    return path


def _index(part: str, size: int, array: str) -> int:
    number = unsigned(part)
    if number is not None and number < size:
        return number
    items = "1 item" if size == 1 else f"{size} items"
    raise UsageError(
        f"--set {array}.{part}: {array} is an array of {items}, and {part} is none of their numbers",
        help="Items are counted from 0. To replace the whole array: --set 'key=[...]'.",
    )


def _wrapped(path: KeyPath, value: Any, below: Any) -> Any:
    """Wrap `value` in its tables. An array is copied with the one item changed, because arrays replace each other."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        item = below[head]
        return [*below[:head], _laid(item, _wrapped(rest, value, item)), *below[head + 1 :]]
    return {head: _wrapped(rest, value, below.get(head) if isinstance(below, dict) else None)}
