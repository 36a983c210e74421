"""File entries: the size of a file or folder, and where its bytes are (ECMA-167 4/14.9 and 4/14.17)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from toolkit.media.udf.allocation import Address, Form, short_descriptors
from toolkit.media.udf.blocks import BLOCK, blocks_for
from toolkit.media.udf.failure import DamagedUdfError, UnsupportedUdfError
from toolkit.media.udf.tag import TAG_SIZE, TagId, read_tag, sealed

if TYPE_CHECKING:
    from toolkit.media.udf.tag import Tag

STRATEGY = 20  # where in an entry the ICB strategy is
FILE_TYPE = 27
FLAGS = 34
LINKS = 48
SIZE = 56

_STRATEGY_4 = 4  # the only one that UDF allows on discs that are not written once block by block (UDF 1.02, 2.3.5.1)
_FOLDER = 4
_FILE = 5
_FORM = 7
_ARCHIVE = 0x20
_NOBODY = 0xFFFF_FFFF
_READ = 0x1084  # by others, group and owner (ECMA-167 4/14.9.5)
_READ_AND_ENTER = 0x14A5
_PROGRAM = b"*unattend"


class Shape(NamedTuple):
    """Where the two kinds of file entry keep what comes after their common part."""

    blocks_recorded: int
    unique_id: int
    lengths: int  # of the extended attributes and of the allocation descriptors, which follow in this order
    fixed: int


SHAPES = {
    TagId.FILE_ENTRY: Shape(blocks_recorded=64, unique_id=160, lengths=168, fixed=176),
    TagId.EXTENDED_FILE_ENTRY: Shape(blocks_recorded=72, unique_id=200, lengths=208, fixed=216),
}


class FileEntry(NamedTuple):
    """A file entry as found at `address`. `descriptors` may be the file's own bytes, where `form` is EMBEDDED."""

    address: Address
    raw: bytes
    kind: TagId
    is_folder: bool
    size: int
    form: int
    descriptors_at: int
    descriptors: bytes


def file_entry(block: bytes, address: Address) -> FileEntry:
    """Read the file entry that lies at `address`. Raises UnreadableError where there is none that we know."""
    tag = read_tag(block)
    if tag is None or tag.location != address.block:
        raise DamagedUdfError(f"block {address.block} holds no file entry")
    try:
        kind = TagId(tag.identifier)
        shape = SHAPES[kind]
    except (ValueError, KeyError) as err:
        raise UnsupportedUdfError(f"block {address.block} holds a descriptor of kind {tag.identifier}") from err
    (strategy,) = struct.unpack_from("<H", block, STRATEGY)
    if strategy != _STRATEGY_4:
        raise UnsupportedUdfError(f"its file entries follow strategy {strategy}")
    attributes, length = struct.unpack_from("<II", block, shape.lengths)
    at = shape.fixed + attributes
    if at + length > BLOCK:
        raise DamagedUdfError(f"the file entry in block {address.block} is longer than its block")
    (flags,) = struct.unpack_from("<H", block, FLAGS)
    (size,) = struct.unpack_from("<Q", block, SIZE)
    form, descriptors = flags & _FORM, block[at : at + length]
    if form == Form.EMBEDDED and size > length:
        raise DamagedUdfError(f"the file in block {address.block} is longer than its entry")
    return FileEntry(address, block, kind, block[FILE_TYPE] == _FOLDER, size, form, at, descriptors)


class Contents(NamedTuple):
    """Bytes that lie in one piece: `size` of them from `block` on."""

    block: int
    size: int


def new_file_entry(
    tag: Tag, contents: Contents, *, is_folder: bool, unique_id: int, links: int, timestamp: bytes
) -> bytes:
    """Make the entry of a file or folder that anyone may read. `tag` tells where it is to lie."""
    descriptors = short_descriptors(contents.block, contents.size)
    flags = Form.SHORT if is_folder else Form.SHORT | _ARCHIVE
    icb = struct.pack("<IHHHBBIHH", 0, _STRATEGY_4, 0, 1, 0, _FOLDER if is_folder else _FILE, 0, 0, flags)
    owner = struct.pack("<IIIHBBI", _NOBODY, _NOBODY, _READ_AND_ENTER if is_folder else _READ, links, 0, 0, 0)
    length = struct.pack("<QQ", contents.size, blocks_for(contents.size))
    program = struct.pack("<I16xB23s8x", 1, 0, _PROGRAM)  # after the checkpoint: no extended attributes in a block
    numbers = struct.pack("<QII", unique_id, 0, len(descriptors))
    body = icb + owner + length + timestamp * 3 + program + numbers + descriptors
    return sealed(tag._replace(identifier=TagId.FILE_ENTRY, covered=len(body)), body)


def regrown(entry: FileEntry, contents: Contents, more_links: int) -> bytes:
    """Let a folder's entry point to its new contents, in one short descriptor; all else stays."""
    at = entry.descriptors_at
    descriptors = short_descriptors(contents.block, contents.size)
    if at + len(descriptors) > BLOCK:
        raise UnsupportedUdfError(f"the file entry in block {entry.address.block} has no room for an extent")
    shape = SHAPES[entry.kind]
    raw = bytearray(entry.raw[:at] + descriptors).ljust(BLOCK, b"\0")
    (flags,) = struct.unpack_from("<H", raw, FLAGS)
    (links,) = struct.unpack_from("<H", raw, LINKS)
    struct.pack_into("<H", raw, FLAGS, flags & ~_FORM | Form.SHORT)
    struct.pack_into("<H", raw, LINKS, links + more_links)
    struct.pack_into("<Q", raw, SIZE, contents.size)
    struct.pack_into("<Q", raw, shape.blocks_recorded - 8, contents.size)  # size once more, or of all streams together
    struct.pack_into("<Q", raw, shape.blocks_recorded, blocks_for(contents.size))
    struct.pack_into("<I", raw, shape.lengths + 4, len(descriptors))
    tag = read_tag(entry.raw)
    if tag is None:
        raise DamagedUdfError(f"block {entry.address.block} holds no file entry")
    covered = at + len(descriptors) - TAG_SIZE
    return sealed(tag._replace(covered=covered), bytes(raw[TAG_SIZE:]))
