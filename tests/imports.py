"""What a module of the product imports, and when, read from its source without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = "toolkit"
RELATIVE = "."


class Moment(StrEnum):
    """When an import happens: as the module is loaded, when a function needs it, or in the type checker only."""

    LOADING = "loading"
    RUNNING = "running"
    TYPING = "typing"


@dataclass(frozen=True, slots=True)
class Import:
    """`target` is the dotted name of a module, or RELATIVE for an import that names none in full."""

    target: str
    moment: Moment

    @property
    def top(self) -> str:
        return self.target.partition(".")[0] or RELATIVE


@dataclass(frozen=True, slots=True)
class Source:
    """One module of the product. `path` is below the package, with `/` on every host."""

    path: str
    tree: ast.Module
    lines: int
    imports: tuple[Import, ...]

    @property
    def name(self) -> str:
        return f"{PACKAGE}/{self.path}".removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def part(self) -> str:
        """The sub-package that the module is in, or the module itself where it is in none."""
        return part_of(self.name)


def part_of(module: str) -> str:
    """Give the part of the product that a dotted name is in: `media` for `toolkit.media.fat.layout`."""
    return module.split(".")[1] if "." in module else ""


@cache
def sources() -> tuple[Source, ...]:
    """Read every module of the product, in the order of their paths."""
    return tuple(_source(path) for path in sorted((ROOT / PACKAGE).rglob("*.py")))


def imports(node: ast.AST, moment: Moment = Moment.LOADING) -> Iterator[Import]:
    """Find the imports below a node, wherever they stand."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from (Import(alias.name, moment) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from _from(module, names, moment)
            case ast.ImportFrom():
                yield Import(RELATIVE, moment)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from imports(child, Moment.TYPING if moment is Moment.TYPING else Moment.RUNNING)
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=orelse):
                yield from imports(ast.Module(body, []), Moment.TYPING)
                yield from imports(ast.Module(orelse, []), moment)
            case _:
                yield from imports(child, moment)


def _source(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    below = path.relative_to(ROOT / PACKAGE).as_posix()
    return Source(below, tree, len(text.splitlines()), tuple(imports(tree)))


def _from(module: str, names: list[ast.alias], moment: Moment) -> Iterator[Import]:
    """`from toolkit.cli import console` names the module `toolkit.cli.console`, `from toolkit.files import X` none."""
    for alias in names:
        deeper = f"{module}.{alias.name}"
        yield Import(deeper if _is_ours(deeper) else module, moment)


def _is_ours(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return name.startswith(f"{PACKAGE}.") and (path.with_suffix(".py").is_file() or path.is_dir())
