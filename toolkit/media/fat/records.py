"""Directory records: thirty-two bytes for each file, folder and label."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import TYPE_CHECKING

from toolkit.media.fat.geometry import RECORD
from toolkit.media.fat.long_names import MARK, long_name
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

DOT = b".          "
DOTDOT = b"..         "

_LAYOUT = struct.Struct("<11sBBBHHHHHHHI")
_END = 0x00
_DELETED = 0xE5
_STANDS_FOR_E5 = 0x05  # a first letter whose code is the mark of a deleted file
_LOWER_STEM = 0x08  # Windows NT's flags for 8.3 names in lower case, kept in an otherwise unused byte
_LOWER_EXTENSION = 0x10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = int((datetime(1980, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
_LATEST = int((datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC) - _EPOCH).total_seconds())


class Attribute(IntFlag):
    READ_ONLY = 0x01
    HIDDEN = 0x02
    SYSTEM = 0x04
    VOLUME = 0x08
    FOLDER = 0x10
    ARCHIVE = 0x20


@dataclass(frozen=True, slots=True)
class DosTime:
    """A date and a time as FAT packs them, to two seconds."""

    date: int
    time: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder in a directory: its best name, its first cluster, its size in bytes (0 for folders)."""

    name: str
    attributes: int
    cluster: int
    size: int


def dos_time(timestamp: int) -> DosTime:
    """Convert seconds since 1970, in UTC. FAT counts from 1980 to 2107; what lies outside becomes the nearest."""
    moment = _EPOCH + timedelta(seconds=min(max(timestamp, _FIRST), _LATEST))
    return DosTime(
        (moment.year - 1980) << 9 | moment.month << 5 | moment.day,
        moment.hour << 11 | moment.minute << 5 | moment.second // 2,
    )


def record(alias: bytes, attributes: Attribute, cluster: int, size: int, when: DosTime) -> bytes:
    """Lay out the record of a file or folder, with one time for all that it keeps."""
    return _LAYOUT.pack(
        alias, attributes, 0, 0, when.time, when.date, when.date, 0, when.time, when.date, cluster, size
    )


def label_record(label: bytes, when: DosTime) -> bytes:
    return _LAYOUT.pack(label, Attribute.VOLUME, 0, 0, 0, 0, 0, 0, when.time, when.date, 0, 0)


def found(directory: bytes) -> Iterator[Found]:
    """Read a directory: its files and folders, without the label, deleted entries, `.` and `..`."""
    pieces: list[bytes] = []
    for start in range(0, len(directory) - RECORD + 1, RECORD):
        raw = directory[start : start + RECORD]
        first, attributes = raw[0], raw[11]
        if first == _END:
            return
        if first == _DELETED:
            pieces = []
        elif attributes & 0x3F == MARK:
            pieces.append(raw)
        else:
            if not attributes & Attribute.VOLUME and raw[:11] not in (DOT, DOTDOT):
                yield _found(raw, pieces)
            pieces = []


def _found(raw: bytes, pieces: list[bytes]) -> Found:
    alias, attributes, case, *_, cluster, size = _LAYOUT.unpack(raw)
    name = long_name(pieces, alias) or _short_name(alias, case)
    return Found(name, attributes, cluster, 0 if attributes & Attribute.FOLDER else size)


def _short_name(alias: bytes, case: int) -> str:
    if alias[0] == _STANDS_FOR_E5:
        alias = bytes([_DELETED]) + alias[1:]
    # The code page is the writer's and not recorded; 437 is what DOS was sold with and gives every byte a letter.
    stem, extension = (part.decode("cp437").rstrip(" ") for part in (alias[:8], alias[8:]))
    stem = stem.lower() if case & _LOWER_STEM else stem
    extension = extension.lower() if case & _LOWER_EXTENSION else extension
    return f"{stem}.{extension}" if extension else stem
