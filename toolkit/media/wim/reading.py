"""The list of images out of a WIM file, wherever it lies: on the disk, or within an ISO that is not unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from toolkit.media.wim.description import parse_description
from toolkit.media.wim.header import PIPABLE, SIZE, damaged, parse_header
from toolkit.media.wim.image import WimFile

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_XML = 64 << 20  # bytes; that of install.wim has some ten thousand

_PIECE = 64 << 10


def read_images(stream: BinaryIO, base: int = 0, limit: int | None = None) -> WimFile:
    """Read the images of the WIM file that begins at `base` in `stream` and is `limit` bytes long (None: to the end).

    Takes the header and the XML only, so neither the size nor the compression matters. Raises UnreadableError where it
    is no such file, is cut off before its list, or the list is not one.
    """
    length = stream.seek(0, 2) - base
    if limit is not None:
        length = min(length, limit)
    raw = _read(stream, base, SIZE) if length >= SIZE else b""
    if raw[: len(PIPABLE)] == PIPABLE:
        raw = _read(stream, base + length - SIZE, SIZE)
    header = parse_header(raw)
    if header.size > LARGEST_XML:
        raise damaged(f"its list of images has {header.size} bytes")
    if not header.size or header.offset + header.size > length:
        raise damaged("it ends before its list of images does")
    images = parse_description(_pieces(stream, base + header.offset, header.size))
    if len({image.index for image in images}) < len(images):
        raise damaged("two of its images have the same index")
    return WimFile(images, header.compression, header.solid, header.part, header.parts)


def _pieces(stream: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    for at in range(0, size, _PIECE):
        piece = _read(stream, offset + at, min(_PIECE, size - at))
        if not piece:
            raise damaged("it ends before its list of images does")
        yield piece


def _read(stream: BinaryIO, offset: int, size: int) -> bytes:
    stream.seek(offset)
    return stream.read(size)
