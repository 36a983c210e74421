"""The undo record: what an image changed in place was before, kept beside it, and how to tell that it is still that."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import os
from dataclasses import field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.files import write_whole
from toolkit.media.changes import SECTOR, Changes, Patch
from toolkit.media.content import CHUNK
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SUFFIX = ".unattend-undo"

_FORMAT = "unattend-undo 1"
_PIECE = 512  # bytes that a disk writes all or none
_LARGEST = 64 << 20


class State(Enum):
    """What an image is, held against its record."""

    ORIGINAL = auto()
    INJECTED = auto()
    INTERRUPTED = auto()
    FOREIGN = auto()


@dataclass(frozen=True, slots=True)
class KnownSector:
    """A sector that was patched. `original` is None behind the original end; `written` is what came there, in order."""

    number: int
    original: bytes | None = field(repr=False)
    written: tuple[bytes, ...] = field(repr=False)

    @property
    def final(self) -> bytes:
        return self.written[-1]

    def explains(self, found: bytes) -> bool:
        """Tell whether a sector is what it was or was to be, or torn between them."""
        known = [*self.written] if self.original is None else [self.original, *self.written]
        pieces = range(0, SECTOR, _PIECE)
        return len(found) == SECTOR and all(
            any(found[at : at + _PIECE] == each[at : at + _PIECE] for each in known) for at in pieces
        )


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """Sizes in bytes: originally, before and after the latest injection.

    `tail` is the SHA-256 of what was appended, but for the sectors; None until all of it is on the disk.
    """

    original: int
    before: int
    after: int
    tail: str | None
    sectors: tuple[KnownSector, ...]


def record_path(image: Path) -> Path:
    return image.with_name(image.name + SUFFIX)


def begun(previous: UndoRecord | None, changes: Changes) -> UndoRecord:
    """Make the record that has to be kept before the first byte is appended."""
    original = previous.original if previous else changes.before
    return UndoRecord(original, changes.before, changes.after, None, previous.sectors if previous else ())


def appended(record: UndoRecord, changes: Changes, image: BinaryIO) -> UndoRecord:
    """Make the record that has to be kept before the first sector is patched."""
    known = {sector.number: replace(sector, written=(sector.final,)) for sector in record.sectors}
    for patch in changes.patches:
        known[patch.sector] = _patched(known.get(patch.sector), patch, record.original)
    sectors = tuple(known[number] for number in sorted(known))
    return replace(record, sectors=sectors, tail=_tail(image, record, sectors))


def state(image: BinaryIO, record: UndoRecord) -> State:
    """Compare an image with its record. Only what the record knows is looked at: a few sectors and the tail."""
    size = image.seek(0, 2)
    found = [(sector, _sector(image, sector.number)) for sector in record.sectors]
    if size == record.original and all(at == sector.original for sector, at in found if sector.original is not None):
        return State.ORIGINAL
    if not all(sector.explains(at) for sector, at in found):
        return State.FOREIGN
    is_final = all(at == sector.final for sector, at in found)
    if record.tail is None:
        return State.INTERRUPTED if is_final and record.before <= size <= record.after else State.FOREIGN
    if size == record.after and _tail(image, record, record.sectors) == record.tail:
        return State.INJECTED if is_final else State.INTERRUPTED
    return State.INTERRUPTED if size == record.before and not is_final else State.FOREIGN


def write_record(path: Path, record: UndoRecord) -> None:
    """Keep a record, durably. Raises UnreadableError."""
    content = {
        "format": _FORMAT,
        "original": record.original,
        "before": record.before,
        "after": record.after,
        "tail": record.tail,
        "sectors": [
            {
                "number": sector.number,
                "original": None if sector.original is None else _text(sector.original),
                "written": [_text(each) for each in sector.written],
            }
            for sector in record.sectors
        ],
    }
    write_whole(path, json.dumps(content, indent=1).encode("ascii") + b"\n")
    settle_folder(path.parent)


def read_record(path: Path) -> UndoRecord | None:
    """Read a record, None where there is none. Raises UnreadableError where it is damaged."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST)
    except FileNotFoundError:
        return None
    except OSError as err:
        raise UnreadableError(f"{path} cannot be read: {err.strerror or err}", help="Check its permissions.") from err
    try:
        return _record(json.loads(raw))
    except (ValueError, KeyError, TypeError, binascii.Error) as err:
        raise UnreadableError(
            f"{path} is damaged",
            help="Without it the image cannot be changed back. Fetch the original image and delete this record.",
        ) from err


def settle_folder(folder: Path) -> None:
    """Have a folder's names on the disk, where the host can promise that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _patched(known: KnownSector | None, patch: Patch, original: int) -> KnownSector:
    if known is not None:
        return replace(known, written=(*known.written, patch.new))
    if (patch.sector + 1) * SECTOR <= original:
        return KnownSector(patch.sector, patch.old, (patch.new,))
    return KnownSector(patch.sector, None, (patch.old, patch.new))


def _tail(image: BinaryIO, record: UndoRecord, sectors: Iterable[KnownSector]) -> str:
    """Digest what was appended, but for what may be patched later."""
    hashed = hashlib.sha256()
    for begin, end in _between(record.original, record.after, [sector.number for sector in sectors]):
        image.seek(begin)
        left = end - begin
        while left and (data := image.read(min(left, CHUNK))):
            hashed.update(data)
            left -= len(data)
    return hashed.hexdigest()


def _between(begin: int, end: int, numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    for number in sorted(numbers):
        if begin <= number * SECTOR < end:
            yield begin, number * SECTOR
            begin = (number + 1) * SECTOR
    yield begin, end


def _sector(image: BinaryIO, number: int) -> bytes:
    image.seek(number * SECTOR)
    return image.read(SECTOR)


def _record(content: dict[str, object]) -> UndoRecord:
    if content["format"] != _FORMAT:
        raise ValueError(content["format"])
    sectors, tail = content["sectors"], content["tail"]
    if not isinstance(sectors, list) or not (tail is None or isinstance(tail, str)):
        raise TypeError
    record = UndoRecord(
        _number(content["original"]),
        _number(content["before"]),
        _number(content["after"]),
        tail,
        tuple(_known(each) for each in sectors),
    )
    if not record.original <= record.before <= record.after:
        raise ValueError
    return record


def _known(content: dict[str, object]) -> KnownSector:
    original, written = content["original"], content["written"]
    if not isinstance(written, list) or not written:
        raise TypeError
    return KnownSector(
        _number(content["number"]),
        None if original is None else _bytes(original),
        tuple(_bytes(each) for each in written),
    )


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    data = base64.b64decode(value, validate=True)
    if len(data) != SECTOR:
        raise ValueError
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
