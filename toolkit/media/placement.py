"""In which order names go into an ISO, so that the contents lie on it one behind the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.media.iso9660_names import iso_file_names, iso_folder_names
from toolkit.media.joliet_names import joliet_names
from toolkit.media.tree import Folder, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.media.tree import Node

# ECMA-119 6.8.2.1 allows eight levels with the root. What lies deeper is in Joliet only, where Windows looks anyway.
LEVELS = 7


class Placed(NamedTuple):
    """A file or folder with its own path and those of its stand-ins.

    `joliet` is the same where Joliet holds it, and `iso` is None where it lies deeper than ISO9660 allows.
    """

    node: Node
    path: str
    joliet: str
    iso: str | None


def placed(root: Folder) -> Iterator[Placed]:
    """List what is below `root`: level by level, folder by folder, and each folder's children by name.

    That is the order in which pycdlib gives places to contents: by ISO9660 names, and by Joliet names what has none.
    """
    level = _named(Placed(root, "", "", ""), root.children, folders=True)
    depth = 1
    while level:
        yield from level
        depth += 1
        if depth == LEVELS + 1:
            level.sort(key=_by_joliet)
        level = [child for above in level for child in _below(above, folders=depth < LEVELS)]


def _below(above: Placed, *, folders: bool) -> list[Placed]:
    """Place a folder's children. ISO9660 takes its folders only where `folders` is true."""
    if isinstance(above.node, Leaf):
        return []
    return _named(above, above.node.children, folders=folders)


def _named(above: Placed, children: Sequence[Node], *, folders: bool) -> list[Placed]:
    """Give children of a folder their stand-ins: for Joliet, and for ISO9660 as long as that goes on."""
    shown = joliet_names(child.name for child in children)
    short = {} if above.iso is None else _short_names(children, folders=folders)
    named = [
        Placed(
            child,
            f"{above.path}/{child.name}",
            f"{above.joliet}/{shown[child.name]}",
            f"{above.iso}/{short[child.name]}" if child.name in short else None,
        )
        for child in children
    ]
    return sorted(named, key=_by_joliet if above.iso is None else _by_iso)


def _short_names(children: Sequence[Node], *, folders: bool) -> dict[str, str]:
    leaves = iso_file_names(child.name for child in children if isinstance(child, Leaf))
    below = iso_folder_names(child.name for child in children if isinstance(child, Folder)) if folders else {}
    return leaves | below


def _by_iso(one: Placed) -> str:
    return one.iso or ""


def _by_joliet(one: Placed) -> list[bytes]:
    return [part.encode("utf-16-be") for part in one.joliet.split("/")]
