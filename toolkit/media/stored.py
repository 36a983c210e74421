"""Reading files from where they lie within an image, piece by piece."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.files import NamedFile
from toolkit.media.content import CHUNK, Advance, FileDigest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.media.extents import StoredFile


def chunks(image: BinaryIO, stored: StoredFile) -> Iterator[bytes]:
    """Read a stored file in pieces. Raises UnreadableError where the image ends before the file does."""
    for extent in stored.extents:
        image.seek(extent.offset)
        left = extent.size
        while left:
            data = image.read(min(left, CHUNK))
            if not data:
                raise UnreadableError(
                    f"the image ends in the middle of {stored.name!a}", help="Fetch or make it again."
                )
            left -= len(data)
            yield data


def digest(image: BinaryIO, stored: StoredFile, advance: Advance | None = None) -> FileDigest:
    hashed = hashlib.sha256()
    for data in chunks(image, stored):
        hashed.update(data)
        if advance is not None:
            advance(len(data))
    return FileDigest(stored.name, stored.size, hashed.hexdigest())


def read_all(image: BinaryIO, stored: Iterable[StoredFile], *, limit: int) -> tuple[NamedFile, ...]:
    """Read files into memory, `limit` bytes at most. Raises UnreadableError beyond, before reading any."""
    files = tuple(stored)
    total = sum(file.size for file in files)
    if total > limit:
        raise UnreadableError(
            f"its {len(files)} files hold {total} bytes, more than the {limit} that are read into memory",
            help="List it instead of reading it.",
        )
    return tuple(NamedFile(file.name, b"".join(chunks(image, file))) for file in files)
