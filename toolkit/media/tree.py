"""Flat names with slashes as the tree of folders they stand for, in one order whatever order they came in."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from toolkit.media.names import same_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.media.content import MeasuredFile


class Leaf(NamedTuple):
    name: str
    file: MeasuredFile


class Folder(NamedTuple):
    """`name` is the last part of its path; the root's is empty."""

    name: str
    children: tuple[Node, ...]


Node: TypeAlias = "Folder | Leaf"

_Path: TypeAlias = "tuple[tuple[str, ...], MeasuredFile]"


def in_order(files: Iterable[MeasuredFile]) -> list[MeasuredFile]:
    """Sort by name as Windows compares names, folder by folder."""
    return sorted(files, key=lambda file: _position(file.name.split("/")))


def tree(files: Iterable[MeasuredFile]) -> Folder:
    """Build the root folder. The names must have been checked."""
    return Folder("", tuple(_children([(tuple(file.name.split("/")), file) for file in in_order(files)])))


def _children(paths: list[_Path]) -> Iterator[Node]:
    for first, group in itertools.groupby(paths, key=lambda path: path[0][0]):
        inside = list(group)
        parts, file = inside[0]
        if len(parts) == 1:
            yield Leaf(first, file)
        else:
            yield Folder(first, tuple(_children([(rest[1:], each) for rest, each in inside])))


def _position(parts: Iterable[str]) -> list[tuple[str, str]]:
    return [(same_name(part), part) for part in parts]
