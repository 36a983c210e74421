"""Validating a document's data, and saying pydantic's findings in the user's words."""

from __future__ import annotations

import re
import typing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.spec.document import dotted
from toolkit.spec.model import TABLES, model_of, model_of_every_table
from toolkit.spec.overlay import is_source
from toolkit.spec.secrets import SecretSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

    from toolkit.spec.document import Document
    from toolkit.spec.overlay import Table
    from toolkit.spec.places import KeyPath
    from toolkit.spec.section import Findings

_MAY_HOLD_LINES = frozenset({("raw", "xml")})  # by the names on the way, without the numbers of items
_LINES = str.maketrans("", "", "\t\r\n")
_CONTROL = "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
_TYPES = {
    "string_type": "text in quotes",
    "int_type": "a whole number without quotes",
    "bool_type": "true or false, without quotes",
    "list_type": "an array [ ... ]",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def validated(data: Table, findings: Findings) -> dict[str, Any]:
    """Give the tables of a spec that are valid, by name; every error in the others goes to `findings`.

    A table that is absent has its defaults; one that has none is None, or empty where there may be several.

    Keys in error are taken out and each section is judged again by itself, so that one error does not hide those that
    only show when the rest is resolved.
    """
    unwritable = list(_unwritable(data, ()))
    for path in unwritable:
        findings.error(path, f"{dotted(path)} holds a line end or another control character")
    findings.reported.update(unwritable)
    data = _without(data, unwritable)
    model = model_of(data)
    missing = {name: table.absence() for name, table in TABLES.items() if name not in model.model_fields}
    try:
        spec = model.model_validate(data)
    except ValidationError as err:
        errors = err.errors(include_url=False)
        if texts := _meant_as_text(errors, data, findings.document):
            return validated(_with(data, texts), findings)
        for error in errors:
            _report(error, data, findings)
        faulty = [_path(error["loc"], data) for error in errors]
        findings.reported.update(faulty)
        return missing | dict(_valid_sections(_without(data, faulty), model))
    return missing | {name: getattr(spec, name) for name in model.model_fields}


def _valid_sections(data: Table, model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, info in model.model_fields.items():
        if name not in data and info.is_required():
            continue
        annotation: Any = info.annotation
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        try:
            yield name, adapter.validate_python(data.get(name, info.get_default(call_default_factory=True)))
        except ValidationError:
            continue


def _meant_as_text(errors: list[ErrorDetails], data: Table, document: Document) -> dict[KeyPath, str]:
    """Find what `--set` gave without quotes where text belongs, such as `--set windows.release=11`."""
    paths = [_path(error["loc"], data) for error in errors if error["type"] == "string_type"]
    return {path: text for path in paths if (text := document.given_text(path)) is not None}


def _with(data: Any, texts: dict[KeyPath, str], path: KeyPath = ()) -> Any:
    """Copy `data` with other values at some paths."""
    if path in texts:
        return texts[path]
    if isinstance(data, dict):
        return {key: _with(value, texts, (*path, key)) for key, value in data.items()}
    if isinstance(data, list):
        return [_with(value, texts, (*path, number)) for number, value in enumerate(data)]
    return data


def _unwritable(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Find texts with control characters or halves of surrogate pairs: XML and batch files cannot hold them.

    A half comes from a command line whose bytes are not in the terminal's encoding.
    """
    if isinstance(value, str):
        lines = tuple(part for part in path if isinstance(part, str)) in _MAY_HOLD_LINES
        text = value.translate(_LINES) if lines else value
        if not text.isprintable() and re.search(_CONTROL, text):  # few texts need the slower look
            yield path
        return
    if is_source(value):  # one value, though written as a table
        if any(_unwritable(list(value.values()), ("detail",))):
            yield path
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _unwritable(inner, (*path, key))


def _without(data: Any, faulty: Iterable[KeyPath]) -> Any:
    """Copy `data` without the keys at the paths in `faulty`. Items of arrays stay: their numbers have a meaning."""
    inner: dict[str | int, list[KeyPath]] = {}
    for first, *rest in filter(None, faulty):
        inner.setdefault(first, []).append(tuple(rest))
    if not inner:
        return data
    if isinstance(data, dict):
        kept = (key for key in data if () not in inner.get(key, ()))
        return {key: _without(data[key], inner.get(key, ())) for key in kept}
    if isinstance(data, list):
        return [_without(item, inner.get(number, ())) for number, item in enumerate(data)]
    return data


def _report(error: ErrorDetails, data: Table, findings: Findings) -> None:
    path = _path(error["loc"], data)
    key = dotted(path)
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields_at(path[:-1])
        findings.error(
            path,
            f"{key} is not a setting",
            help=did_you_mean(str(path[-1]), known) or f"Known here: {', '.join(known)}.",
        )
    elif kind == "missing":
        findings.error(path, f"{key} must be given", help=_allowed(path))
    elif kind in ("enum", "literal_error"):
        allowed = _allowed_values(context["expected"])
        found = error["input"]
        hint = did_you_mean(found, allowed) if isinstance(found, str) else None
        findings.error(path, f"{key} is {_shown(found)}; it must be one of {one_of(allowed)}", help=hint)
    elif kind in _TYPES:
        # Where a table belongs, a text may be the password that was to stand in it.
        hidden = _TYPES[kind] == "a table" and isinstance(error["input"], str)
        found = "text" if hidden else _shown(error["input"])
        findings.error(path, f"{key} is {found}; it must be {_TYPES[kind]}", help=_meant(path, error["input"], kind))
    elif kind == "value_error":
        findings.error(path, f"{key} {_joined(str(context['error']))}")
    else:
        message = error["msg"][:1].lower() + error["msg"][1:]
        findings.error(path, f"{key} is {_shown(error['input'])}: {message}")


def _path(location: tuple[int | str, ...], data: Any) -> KeyPath:
    """Keep the parts of pydantic's location that are the user's keys: it also names the branches of unions."""
    path: KeyPath = ()
    here = data
    for position, part in enumerate(location):
        if isinstance(here, dict) and (part in here or position == len(location) - 1):
            path, here = (*path, part), here.get(part)
        elif isinstance(here, list) and isinstance(part, int):
            path, here = (*path, part), here[part]
    return path or location


def _joined(message: str) -> str:
    return f"= {message}" if message.startswith('"') else message


def _meant(path: KeyPath, found: Any, kind: str) -> str | None:
    if kind == "list_type" and isinstance(found, dict) and _fields_at(path) != _fields_at(path[:-1]):
        return f"Each of its tables begins with [[{'.'.join(part for part in path if isinstance(part, str))}]]."
    if kind == "string_type" and isinstance(found, int | float) and not isinstance(found, bool):
        return f'Write it in quotes: "{found}".'
    return None


def _shown(value: Any) -> str:
    """Show what was found, shortly. Tables and arrays only by kind: they may hold secrets."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 40 else f'"{value[:37]}..."'
        case int() | float():
            return str(value)
        case list():
            return "an array"
        case dict():
            return "a table"
        case SecretSource():
            return "a secret"
        case _:
            return f"a {type(value).__name__}"


def _allowed_values(expected: str) -> list[str]:
    """Take pydantic's "'a', 'b' or 'c'" apart again."""
    return [part for part in expected.replace(" or ", ", ").replace("'", "").split(", ") if part]


def _allowed(path: KeyPath) -> str | None:
    if path == ("windows",):
        return 'Begin with [windows] and release = "server-2022".'
    if path == ("windows", "release"):
        schema = model_of(()).model_json_schema()["$defs"]["WindowsSection"]
        return f"One of {one_of(schema['properties']['release']['enum'])}."
    return None


def _fields_at(path: KeyPath) -> list[str]:
    """Give the settings known at `path`, walking the models."""
    spec = model_of_every_table()
    model: type[BaseModel] = spec
    for part in path:
        if isinstance(part, int):
            continue
        model = _model_in(model.model_fields[part].annotation) or model
    names = [info.alias or name for name, info in model.model_fields.items()]
    return [*names, "extends"] if model is spec else names


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model in an annotation such as `list[Model]` or `Model | None`."""
    if not typing.get_args(annotation) and isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for part in typing.get_args(annotation) if (found := _model_in(part))), None)
