"""The spec as text: reading it, the specs it extends, and what `--set` lays over it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from toolkit.errors import SpecError, UnreadableError
from toolkit.files import is_file, read_at_most
from toolkit.problems import Place, Problem, Severity
from toolkit.spec.overlay import Table, overlaid, setting
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.spec.places import KeyPath

DEFAULT_NAME = "unattend.toml"
COMMAND_LINE = "--set"
STDIN = "<stdin>"
_SYNTAX = r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)"
_LARGEST = 1 << 20
_MOST_BASES = 8
_DEEPEST = 16
_TOO_DEEP = f"tables and arrays are nested more than {_DEEPEST} deep"


@dataclass(frozen=True)
class Layer:
    """One source of settings: a file, or the command line. Relative paths in it count from `folder`.

    `own` is what a `--set` argument sets: around that, its data only repeats what lies below. `text` is the file's, or
    what that argument gives as the value.
    """

    name: str
    folder: Path
    data: Table = field(repr=False)  # may hold secrets, as may the text
    text: str = field(default="", repr=False)
    own: KeyPath = ()

    @cached_property
    def places(self) -> dict[KeyPath, Place]:
        from toolkit.spec.places import places  # noqa: PLC0415  (only problems need places)

        return places(self.text, self.name)

    def sets(self, path: KeyPath) -> bool:
        """Say whether the value at `path` comes from this layer."""
        return path[: len(self.own)] == self.own and _holds(self.data, path)


@dataclass(frozen=True)
class Document:
    """All layers laid over each other. `layers` runs from the most basic spec to the command line."""

    name: str
    folder: Path
    layers: tuple[Layer, ...]

    @cached_property
    def data(self) -> Table:
        merged: Table = {}
        for layer in self.layers:
            merged = overlaid(merged, layer.data)
        return merged

    def with_settings(self, arguments: Sequence[str]) -> Document:
        """Lay `--set` arguments over it, each over those before. Raises UsageError."""
        document = self
        for argument in arguments:
            own, data = setting(argument, document.data)
            layer = Layer(COMMAND_LINE, Path(), data, argument.partition("=")[2], own)
            document = replace(document, layers=(*document.layers, layer))
        return document

    def place(self, path: KeyPath) -> Place:
        """Give the place of the key at `path`, or of the nearest table around it."""
        for end in range(len(path), 0, -1):
            for layer in reversed(self.layers):
                if not layer.sets(path[:end]):
                    continue
                if layer.name == COMMAND_LINE:
                    return Place(f"{COMMAND_LINE} {dotted(path[:end])}")
                return layer.places.get(path[:end], Place(layer.name))
        below = next((layer.own for layer in reversed(self.layers) if layer.own[: len(path)] == path), None)
        return Place(f"{COMMAND_LINE} {dotted(below)}" if below and path else self.name)

    def layer(self, path: KeyPath) -> Layer:
        """Give the layer that sets the value at `path`, or the last one to set something in it."""
        setters = (layer for layer in reversed(self.layers) if layer.sets(path) or layer.own[: len(path)] == path)
        return next(setters, self.layers[-1])

    def given_text(self, path: KeyPath) -> str | None:
        """Give what `--set` was given as the value at `path`, as it was written; None where a file says it."""
        layer = self.layer(path)
        if layer.name != COMMAND_LINE or layer.own != path:
            return None
        text = layer.text.strip()
        if isinstance(_value_at(path, layer.data), dict) and not text.startswith("{"):
            return None  # it was given as the value of a key below
        return text


def _value_at(path: KeyPath, data: Any) -> Any:
    for part in path:
        data = data[part]
    return data


def dotted(path: KeyPath) -> str:
    """Write a path the way users think of it: `accounts[0].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if part.isprintable() else ascii(part))
    return text


def read_document(path: Path, settings: Sequence[str] = (), *, stdin: str | None = None) -> Document:
    """Read the spec at `path` with everything it extends, and lay the `--set` arguments over it.

    `stdin` is the text itself, where `path` is `-`. Raises UnreadableError, SpecError (with the place) or UsageError.
    """
    folder = Path() if stdin is not None else path.parent
    name = STDIN if stdin is not None else str(path)
    text = read_text(path) if stdin is None else stdin
    layers = _with_bases(name, folder, text, () if stdin is not None else (path.resolve(),))
    return Document(name, folder, tuple(layers)).with_settings(settings)


def read_text(path: Path) -> str:
    """Read a spec file. Raises UnreadableError naming what is there instead, and what to do."""
    if path.is_dir():
        inside = path / DEFAULT_NAME
        fix = f"Name the file in it: {inside}" if inside.is_file() else "Name a spec file, such as unattend.toml."
        raise UnreadableError(f"{path} is a folder, not a spec", help=fix)
    try:
        data = read_at_most(path, _LARGEST)
    except FileNotFoundError as err:
        raise UnreadableError(
            f"there is no spec at {path}",
            help="Write one with `unattend init`, or name another: path/to/unattend.toml.",
        ) from err
    except OSError as err:
        raise UnreadableError(f"{path} cannot be read: {err.strerror}", help="Check its permissions.") from err
    return _decoded(data, str(path))


def read_stream(stream: BinaryIO) -> str:
    """Read a spec from stdin, as UTF-8 whatever the locale says. Raises UnreadableError."""
    data = stream.read(_LARGEST + 1)
    return _decoded(data if len(data) <= _LARGEST else None, STDIN)


def _decoded(data: bytes | None, name: str) -> str:
    if data is None:
        raise UnreadableError(f"{name} is larger than 1 MiB: that is not a spec", help="Name an unattend.toml.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as err:
        raise UnreadableError(f"{name} is not UTF-8 text (byte {err.start})", help="Save it as UTF-8.") from err


def _with_bases(name: str, folder: Path, text: str, above: tuple[Path, ...]) -> list[Layer]:
    text = text.removeprefix("\ufeff")
    data = _parsed(text, name)
    layer = Layer(name, folder, data, text)
    base = data.pop("extends", None)
    if base is None:
        return [layer]
    place = layer.places.get(("extends",), Place(name))
    if not isinstance(base, str):
        raise _spec_error(place, "extends must be the path of another spec, in quotes")
    path = folder / base
    if not is_file(path):
        raise _spec_error(place, f'extends = "{base}": there is no file {path}')
    if path.resolve() in above:
        raise _spec_error(place, f'extends = "{base}" leads back to itself')
    if len(above) > _MOST_BASES:
        raise _spec_error(place, f'extends = "{base}": more than {_MOST_BASES} specs extend each other')
    return [*_with_bases(str(path), path.parent, read_text(path), (*above, path.resolve())), layer]


def _parsed(text: str, name: str) -> Table:
    try:
        data = tomllib.loads(text)
    except ValueError as err:  # TOMLDecodeError, and int's own for thousands of digits
        match = re.fullmatch(_SYNTAX, str(err))
        what = match["what"] if match else str(err)
        place = _fault_place(match, text, name) if match else Place(name)
        raise _spec_error(place, f"this is not TOML: {what[:1].lower()}{what[1:]}", rule="syntax") from err
    except RecursionError as err:
        raise _spec_error(Place(name), _TOO_DEEP, rule="syntax") from err
    if _is_deeper(data, _DEEPEST):
        raise _spec_error(Place(name), _TOO_DEEP, rule="syntax")
    return data


def _fault_place(match: re.Match[str], text: str, name: str) -> Place:
    if match["line"]:
        return Place(name, int(match["line"]), int(match["column"]))
    lines = text.rstrip("\r\n").split("\n")
    return Place(name, len(lines), len(lines[-1]) + 1)


def _is_deeper(data: Any, levels: int) -> bool:
    within = [data]
    for _ in range(levels):
        tables = (value.values() if isinstance(value, dict) else value for value in within)
        within = [inner for table in tables for inner in table if isinstance(inner, dict | list)]
    return bool(within)


def _spec_error(place: Place, message: str, rule: str = "spec") -> SpecError:
    problem = Problem(rule, Severity.ERROR, message, place)
    return SpecError("the spec has 1 error", [problem])


def _holds(data: Any, path: KeyPath) -> bool:
    for part in path:
        if isinstance(part, int):
            if not isinstance(data, list) or part >= len(data):
                return False
            data = data[part]
        elif isinstance(data, dict) and part in data:
            data = data[part]
        else:
            return False
    return True
