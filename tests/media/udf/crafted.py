"""UDF volumes laid out by hand, in the shapes that the tools at hand do not write but others do."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from toolkit.media.udf.allocation import Form, Kind
from toolkit.media.udf.blocks import BLOCK, blocks_for
from toolkit.media.udf.file_identifier import Target, Trait, laid_out, new_identifier
from toolkit.media.udf.tag import Tag, TagId, sealed

START = 272  # the partition's first sector
ROOT = 1
PLAIN_MAP = bytes([1, 6, 1, 0, 0, 0])


@dataclass(frozen=True, slots=True)
class Piece:
    """One extent of a file: its bytes, or None for `size` bytes that are not recorded."""

    data: bytes | None
    kind: Kind = Kind.RECORDED
    size: int = 0

    @property
    def length(self) -> int:
        return self.size if self.data is None else len(self.data)


@dataclass(frozen=True, slots=True)
class File:
    """A file or (by `names`) a folder, and how its entry is to be written."""

    pieces: tuple[Piece, ...] = ()
    names: dict[str, File] | None = None
    form: Form = Form.SHORT
    kind: TagId = TagId.FILE_ENTRY
    attributes: int = 0  # bytes of extended attributes
    per_block: int = 1000  # extents told of in one block, before a further one is needed
    traits: int = 0
    size: int | None = None


def file(data: bytes = b"", **more: object) -> File:
    return File((Piece(data),) if data else (), **more)  # type: ignore[arg-type]  # tests name the fields themselves


def folder(names: dict[str, File], **more: object) -> File:
    return File(names=names, traits=Trait.FOLDER, **more)  # type: ignore[arg-type]  # as above


@dataclass(slots=True)
class Disc:
    """A volume under construction. Fields may be changed before `image` is asked for, to make it odd or broken."""

    root: File
    label: str = "CRAFTED"
    version: int = 2
    block_size: int = BLOCK
    maps: bytes = PLAIN_MAP
    map_count: int = 1
    length: int | None = None
    integrity_kind: int = 1
    space: bytes = b""
    reserve: bool = True
    main: bool = True
    blocks: dict[int, bytes] = field(default_factory=dict)
    next: int = ROOT + 1

    def tag(self, identifier: TagId, location: int, covered: int) -> Tag:
        return Tag(identifier, self.version, 0, covered, location)

    def sealed(self, identifier: TagId, location: int, body: bytes) -> bytes:
        return sealed(self.tag(identifier, location, len(body)), body)

    def image(self) -> bytes:
        self._entry(self.root, ROOT, ROOT)
        sectors = {START + block: data for block, data in self.blocks.items()}
        length = self.next if self.length is None else self.length
        sectors[START] = self.sealed(TagId.FILE_SET, 0, bytes(384) + struct.pack("<IIH6x", BLOCK, ROOT, 0) + bytes(96))
        for first, wanted in ((32, self.main), (48, self.reserve)):
            if wanted:
                sectors |= self._descriptors(first, length)
        counts = struct.pack("<II", 7, 3)
        use = bytes(32) + counts
        # 16 is lower than the numbers given out here: not every writer keeps the next one
        body = struct.pack("<12xIIIQ24xIIII", self.integrity_kind, 0, 0, 16, 1, len(use), 0, length) + use
        sectors[64] = self.sealed(TagId.INTEGRITY, 64, body)
        anchor = struct.pack("<IIII", 16 * BLOCK, 32, 16 * BLOCK, 48) + bytes(480)
        end = START + self.next
        for sector in (256, end):
            sectors[sector] = self.sealed(TagId.ANCHOR, sector, anchor)
        sectors[16], sectors[17], sectors[18] = (b"\0" + mark + b"\1" for mark in (b"BEA01", b"NSR02", b"TEA01"))
        image = bytearray((end + 1) * BLOCK)
        for sector, data in sectors.items():
            image[sector * BLOCK : sector * BLOCK + len(data)] = data
        return bytes(image)

    def _descriptors(self, first: int, length: int) -> dict[int, bytes]:
        partition = bytearray(496)
        struct.pack_into("<HH", partition, 4, 1, 0)
        partition[40 : 40 + len(self.space)] = self.space
        struct.pack_into("<III", partition, 168, 1, START, length)
        name = b"\x08" + self.label.encode("latin-1")
        body = bytearray(424 + len(self.maps))
        body[68:196] = name.ljust(127, b"\0") + bytes([len(name)])
        struct.pack_into("<I", body, 196, self.block_size)
        struct.pack_into("<IIH", body, 232, BLOCK, 0, 0)
        struct.pack_into("<II", body, 248, len(self.maps), self.map_count)
        struct.pack_into("<II", body, 416, BLOCK, 64)
        body[424:] = self.maps
        return {
            first: self.sealed(TagId.PARTITION, first, bytes(partition)),
            first + 1: self.sealed(TagId.LOGICAL_VOLUME, first + 1, bytes(body)),
            first + 2: self.sealed(TagId.TERMINATING, first + 2, bytes(496)),
        }

    def _allocate(self, count: int) -> int:
        block, self.next = self.next, self.next + count
        return block

    def _entry(self, file: File, block: int, parent: int) -> None:
        pieces = file.pieces
        if file.names is not None:
            pieces = (Piece(self._names(file, block, parent)),)
        size = sum(piece.length for piece in pieces) if file.size is None else file.size
        if file.form is Form.EMBEDDED:
            descriptors = b"".join(piece.data or b"" for piece in pieces)
        else:
            descriptors = self._described(file, [self._placed(piece) for piece in pieces])
        icb = struct.pack("<IHHHBBIHH", 0, 4, 0, 1, 0, 4 if file.traits & Trait.FOLDER else 5, 0, 0, file.form)
        owner = struct.pack("<IIIHBBI", 0, 0, 0x1084, 1, 0, 0, 0)
        extended = file.kind is TagId.EXTENDED_FILE_ENTRY
        sizes = struct.pack("<QQQ", size, size, blocks_for(size)) if extended else struct.pack("<QQ", size, 1)
        fixed = bytes(200 - 80 if extended else 160 - 72)
        lengths = struct.pack("<QII", 16 + block, file.attributes, len(descriptors))
        body = icb + owner + sizes + fixed + lengths + bytes(file.attributes) + descriptors
        self.blocks[block] = self.sealed(file.kind, block, body)

    def _names(self, folder: File, block: int, parent: int) -> bytes:
        tag = self.tag(TagId.FILE_IDENTIFIER, 0, 0)
        raws = [new_identifier(tag, "", Trait.FOLDER | Trait.PARENT, Target(parent))]
        for name, child in (folder.names or {}).items():
            own = self._allocate(1)
            self._entry(child, own, block)
            raws.append(new_identifier(tag, name, Trait(child.traits), Target(own)))
        return laid_out(raws, block if folder.form is Form.EMBEDDED else self.next)

    def _placed(self, piece: Piece) -> tuple[int, int]:
        """Give an extent's length with its kind, and its block."""
        if piece.data is None:
            return piece.size | piece.kind << 30, 0
        block = self._allocate(blocks_for(len(piece.data)))
        self.blocks[block] = piece.data
        return len(piece.data) | piece.kind << 30, block

    def _described(self, file: File, extents: list[tuple[int, int]]) -> bytes:
        """Write extents, going on in further blocks where there are more than `per_block`."""
        here, rest = extents[: file.per_block], extents[file.per_block :]
        if rest:
            block = self._allocate(1)
            described = self._described(file, rest)
            self.blocks[block] = self.sealed(
                TagId.ALLOCATION_EXTENT, block, struct.pack("<II", 0, len(described)) + described
            )
            here = [*here, (BLOCK | Kind.CONTINUED << 30, block)]
        shape = struct.Struct("<II") if file.form is Form.SHORT else struct.Struct("<II8x")
        return b"".join(shape.pack(*extent) for extent in here)
