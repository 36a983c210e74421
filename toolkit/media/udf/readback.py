"""Reading files back after they were put into a volume: each must be there, under its name, to the byte."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.media.content import CHUNK, Advance, FileDigest
from toolkit.media.tree import Folder, Leaf
from toolkit.media.udf.branches import matching
from toolkit.media.udf.volume import UdfEntry, UdfVolume, open_volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.media.udf.file_entry import FileEntry


def require_kept(image: BinaryIO, wanted: Folder, given: Iterable[FileDigest], advance: Advance | None = None) -> None:
    """Compare what an image holds with what was given to it. Raises UnreadableError at the first difference."""
    volume = open_volume(image)
    expected = {digest.name: digest for digest in given}
    for leaf, entry in _found(volume, volume.root, wanted, ""):
        kept = None if entry is None or entry.is_folder else _digest(volume, entry, leaf.file.name, advance)
        if kept is None or kept != expected[leaf.file.name]:
            raise UnreadableError(
                f"{leaf.file.name!a} was written, but does not read back as it was",
                help="The image was put back as it was. The disk or the memory may be failing.",
            )


def _found(volume: UdfVolume, folder: FileEntry, wanted: Folder, prefix: str) -> Iterator[tuple[Leaf, UdfEntry | None]]:
    """Pair each wanted file with what the volume has; every folder is read once."""
    matches = {node.name: identifier for identifier, node in matching(volume.names(folder), wanted).items()}
    for node in wanted.children:
        identifier = matches.get(node.name)
        entry = None if identifier is None else volume.file_entry(identifier.address)
        match node:
            case Leaf():
                yield node, None if entry is None else volume.entry_at(prefix + node.name, entry)
            case Folder(name, children):
                if entry is None or not entry.is_folder:
                    raise UnreadableError(f"the folder {prefix + name!a} was written, but is not there")
                yield from _found(volume, entry, Folder(name, children), f"{prefix}{name}/")


def _digest(volume: UdfVolume, entry: UdfEntry, name: str, advance: Advance | None) -> FileDigest:
    hashed = hashlib.sha256()
    with volume.stream(entry) as stream:
        while data := stream.read(CHUNK):
            hashed.update(data)
            if advance is not None:
                advance(len(data))
    return FileDigest(name, entry.size, hashed.hexdigest())
