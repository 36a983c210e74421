"""Putting files into a volume without moving what it holds: new blocks go behind its end, then a few sectors change.

The moment at which the new tree replaces the old is the writing of one sector. Where only one folder changes, that is
the sector of its file entry. Where several do, a second set of entries for them is put behind the end (the shade), the
file set is pointed at the shade's root, the folders' own entries are rewritten while nobody looks at them, and the file
set is pointed back at the true root. Each sector on the way changes within its first 512 bytes only, which a disk
writes as one; an entry that would not is only ever rewritten under the shade.
"""

from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from toolkit.media.changes import Append, Changes, Patch
from toolkit.media.tree import Folder, Leaf
from toolkit.media.udf.blocks import BLOCK, blocks_for
from toolkit.media.udf.branches import Branch, Entered, Kept, Replaced
from toolkit.media.udf.file_entry import Contents, new_file_entry, regrown
from toolkit.media.udf.file_identifier import Target, Trait, laid_out, new_identifier, repointed
from toolkit.media.udf.growth import Counts, Growth, growth
from toolkit.media.udf.moment import timestamp
from toolkit.media.udf.tag import resealed
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.media.content import MeasuredFile
    from toolkit.media.tree import Node
    from toolkit.media.udf.allocation import Address
    from toolkit.media.udf.branches import Line
    from toolkit.media.udf.file_entry import FileEntry
    from toolkit.media.udf.volume import UdfVolume

_ATOMIC = 512  # bytes that a disk writes all or none
_EXTENT = 8  # bytes of its descriptor
_ROOT = 400  # where in a file set descriptor the root's address is

_T = TypeVar("_T")
_ByAddress: TypeAlias = "Mapping[Address, _T]"


@dataclass(frozen=True, slots=True)
class _Changed:
    """A folder of the volume, with the names it gets and how often it is linked to from below anew."""

    branch: Branch
    names: tuple[bytes, ...]
    more_links: int


def graft(volume: UdfVolume, root: Branch, moment: int, also: Sequence[Patch] = ()) -> Changes:
    """Plan how a volume becomes the one that `root` describes, `moment` (seconds since 1970) being the files' time.

    `also` is patched along, before the new tree appears. Raises UnsupportedUdfError where the volume cannot grow.
    """
    ground = growth(volume)
    if not any(branch.is_changed for branch in root.every()):
        return Changes(volume.image.size, volume.image.size, (), (tuple(also),) if also else ())
    return _Grafting(volume, ground, moment).changes(root, also)


class _Grafting:
    """The blocks that are given out, and what goes into them."""

    def __init__(self, volume: UdfVolume, ground: Growth, moment: int) -> None:
        self._volume = volume
        self._ground = ground
        self._timestamp = timestamp(moment)
        self._next = ground.end - ground.partition.start
        self._unique_id = ground.next_unique_id
        self._appends: list[Append] = []
        self._files = 0
        self._folders = 0

    def changes(self, root: Branch, also: Sequence[Patch]) -> Changes:
        changed = {branch.entry.address: self._changed(branch) for branch in root.every()}
        commit = self._commit(root, changed)
        last = self._next + self._ground.partition.start
        self._appends.append(Append(last * BLOCK, self._ground.last_anchor(last)))
        counts = Counts(self._files, self._folders, self._unique_id)
        preparation = (*self._ground.patches(last + 1, counts), *also)
        appends = tuple(sorted(self._appends, key=lambda each: each.offset))
        return Changes(self._volume.image.size, (last + 1) * BLOCK, appends, (preparation, *commit))

    def _commit(self, root: Branch, changed: _ByAddress[_Changed]) -> tuple[tuple[Patch, ...], ...]:
        """Place what the changed folders will hold, and make the stages in which it comes to be seen.

        The shade comes first: 7-Zip takes blocks that nothing refers to for damage where they are the last.
        """
        several = sum(each.branch.is_changed for each in changed.values()) > 1
        shaded = several or not all(_is_written_at_once(branch.entry) for branch in root.every())
        shades = {branch.entry.address: Target(self._allocate(1)) for branch in root.every() if shaded}
        lists = {
            address: self._folder([_repointed(name, line, shades) for name, line in _with_lines(changed[address])])
            for address in shades
            if changed[address].branch.below
        }
        placed = {address: self._folder(each.names) for address, each in changed.items() if each.branch.is_changed}
        for address, shade in shades.items():
            own = changed[address]
            raw = regrown(own.branch.entry, lists.get(address) or placed[address], own.more_links)
            self._append(shade.block, resealed(raw, shade.block))
        entries = tuple(self._entry_patch(changed[address], contents) for address, contents in placed.items())
        if not shaded:
            return (entries,)
        to_shade = self._file_set_patch(shades[root.entry.address].block)
        return (to_shade,), entries, (Patch(to_shade.sector, to_shade.new, to_shade.old),)

    def _changed(self, branch: Branch) -> _Changed:
        self._files -= branch.dropped
        names = []
        for line in branch.lines:
            match line:
                case Kept(identifier) | Entered(identifier, _):
                    names.append(identifier.raw)
                case Replaced(identifier, leaf):
                    names.append(repointed(identifier.raw, self._file(leaf.file)))
        own = Target(branch.entry.address.block)
        names += [self._named(node, own) for node in branch.added]
        self._files += sum(isinstance(node, Leaf) for node in branch.added)
        return _Changed(branch, tuple(names), sum(isinstance(node, Folder) for node in branch.added))

    def _named(self, node: Node, parent: Target) -> bytes:
        match node:
            case Leaf(name, file):
                return new_identifier(self._ground.tag, name, Trait(0), self._file(file))
            case Folder(name, _):
                return new_identifier(self._ground.tag, name, Trait.FOLDER, self._new_folder(node, parent))

    def _file(self, file: MeasuredFile) -> Target:
        block = self._allocate(blocks_for(file.size))
        self._append(block, file)
        return self._new_entry(self._allocate(1), Contents(block, file.size), is_folder=False, links=1)

    def _new_folder(self, folder: Folder, parent: Target) -> Target:
        """Make a folder with all that is in it. Its entry's block comes first, as what is inside points up to it."""
        own = self._allocate(1)
        up = new_identifier(self._ground.tag, "", Trait.FOLDER | Trait.PARENT, parent)
        names = [self._named(child, Target(own)) for child in folder.children]
        self._files += sum(isinstance(child, Leaf) for child in folder.children)
        self._folders += 1
        links = 1 + sum(isinstance(child, Folder) for child in folder.children)
        return self._new_entry(own, self._folder((up, *names)), is_folder=True, links=links)

    def _new_entry(self, block: int, contents: Contents, *, is_folder: bool, links: int) -> Target:
        unique_id, self._unique_id = self._unique_id, self._unique_id + 1
        tag = self._ground.tag._replace(location=block)
        raw = new_file_entry(
            tag, contents, is_folder=is_folder, unique_id=unique_id, links=links, timestamp=self._timestamp
        )
        self._append(block, raw)
        return Target(block, unique_id)

    def _folder(self, names: Sequence[bytes]) -> Contents:
        size = sum(len(name) for name in names)
        block = self._allocate(blocks_for(size))
        self._append(block, laid_out(names, block))
        return Contents(block, size)

    def _entry_patch(self, changed: _Changed, contents: Contents) -> Patch:
        entry = changed.branch.entry
        raw = regrown(entry, contents, changed.more_links)
        return Patch(self._volume.sector(entry.address), entry.raw, raw)

    def _file_set_patch(self, root: int) -> Patch:
        """Let the root be another block."""
        file_set = self._volume.structure.file_set
        raw = bytearray(file_set.raw)
        struct.pack_into("<I", raw, _ROOT + 4, root)
        return Patch(file_set.sector, file_set.raw, resealed(bytes(raw)))

    def _append(self, block: int, content: bytes | MeasuredFile) -> None:
        self._appends.append(Append((block + self._ground.partition.start) * BLOCK, content))

    def _allocate(self, count: int) -> int:
        block, self._next = self._next, self._next + count
        return block


def _with_lines(changed: _Changed) -> list[tuple[bytes, Line | None]]:
    """Pair a folder's names with what they come from; added ones come from nothing."""
    return list(itertools.zip_longest(changed.names, changed.branch.lines))


def _repointed(name: bytes, line: Line | None, targets: Mapping[Address, Target]) -> bytes:
    match line:
        case Entered(identifier, _):
            return repointed(name, targets[identifier.address])
        case _:
            return name


def _is_written_at_once(entry: FileEntry) -> bool:
    """Whether an entry that is given one new extent differs from the old in its first 512 bytes only."""
    return entry.descriptors_at + _EXTENT <= _ATOMIC and not any(entry.raw[_ATOMIC:])
