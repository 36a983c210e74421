"""In which order names go into an ISO, so that the contents lie on it one behind the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.media.iso9660_names import iso_file_names, iso_folder_names
from toolkit.media.tree import Folder, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.media.tree import Node

# ECMA-119 6.8.2.1 allows eight levels with the root. What lies deeper is in Joliet only, where Windows looks anyway.
LEVELS = 7


@dataclass(frozen=True, slots=True)
class Placed:
    """A file or folder with its path in either tree. `iso` is None where it lies deeper than ISO9660 allows."""

    node: Node
    joliet: str
    iso: str | None


def placed(root: Folder) -> Iterator[Placed]:
    """List what is below `root`: level by level, folder by folder, and each folder's children by name.

    That is the order in which pycdlib gives places to contents: by ISO9660 names, and by Joliet names what has none.
    """
    level = _named(root.children, "", "", folders=True)
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
    joliet, iso, children = above.joliet, above.iso, above.node.children
    if iso is None:
        return sorted((Placed(child, f"{joliet}/{child.name}", None) for child in children), key=_by_joliet)
    return _named(children, joliet, iso, folders=folders)


def _named(children: Sequence[Node], joliet: str, iso: str, *, folders: bool) -> list[Placed]:
    """Give children of a folder that is in both trees their stand-ins for ISO9660."""
    leaves = iso_file_names(child.name for child in children if isinstance(child, Leaf))
    below = iso_folder_names(child.name for child in children if isinstance(child, Folder)) if folders else {}

    def path(child: Node) -> str | None:
        name = (leaves if isinstance(child, Leaf) else below).get(child.name)
        return None if name is None else f"{iso}/{name}"

    named = [Placed(child, f"{joliet}/{child.name}", path(child)) for child in children]
    return sorted(named, key=lambda child: child.iso or "")


def _by_joliet(one: Placed) -> list[bytes]:
    return [part.encode("utf-16-be") for part in one.joliet.split("/")]
