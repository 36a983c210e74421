"""What kind of file an image is, told by its bytes and never by its name."""

from __future__ import annotations

import codecs
from enum import StrEnum
from typing import BinaryIO

HEAD = 0x8806  # up to and with the mark of an ISO's first descriptor
TAIL = 512
VHD_COOKIE = b"conectix"  # ends a fixed disk; a dynamic one has it in front as well


class Medium(StrEnum):
    """What files can be packed onto."""

    ISO = "iso"
    FLOPPY = "floppy"
    VHD = "vhd"


_SECTOR = 2048
_DESCRIPTORS = 16
_MOST_DESCRIPTORS = 64
_VOLUME_MARKS = (b"CD001", b"BEA01", b"BOOT2", b"NSR02", b"NSR03", b"TEA01")

DISK = "a disk image"
UDF_DISC = "a UDF disc without ISO9660"
WIM = "a WIM image"
XML = "an XML document"

# Offset, bytes, what to call it. Longer and surer marks first.
_OTHERS = (
    (0, b"MSWIM\0\0\0", WIM),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\xfd7zXZ\0", "an xz file"),
    (0, b"vhdxfile", "a VHDX disk image"),
    (0, VHD_COOKIE, "a VHD disk image of variable size"),
    (0, b"WLPWM\0\0\0", WIM),
    (0, b"QFI\xfb", "a qcow2 disk image"),
    (0, b"KDMV", "a VMDK disk image"),
    (0, b"MSCF", "a Windows cabinet"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"%PDF", "a PDF document"),
    (0, b"MZ", "a Windows program"),
    (257, b"ustar", "a tar archive"),
    (0, b"\xef\xbb\xbf<?xml", XML),
    (0, b"<?xml", XML),
    (512, b"EFI PART", "a disk image with a GPT"),
    (0x8001, b"BEA01", UDF_DISC),
    (510, b"\x55\xaa", DISK),
)


def recognised(head: bytes, tail: bytes = b"") -> Medium | str:
    """Name the medium of which these are the first `HEAD` and the last `TAIL` bytes, or say what else it looks like."""
    if head[0x8001:0x8006] == b"CD001":
        return Medium.ISO
    if tail.startswith(VHD_COOKIE) and not head.startswith(VHD_COOKIE):
        return Medium.VHD
    if _is_floppy(head):
        return Medium.FLOPPY
    if not head:
        return "an empty file"
    named = (words for offset, mark, words in _OTHERS if head[offset : offset + len(mark)] == mark)
    return next(named, _unnamed(head))


def has_udf(image: BinaryIO) -> bool:
    """Tell whether the descriptors in front announce a UDF volume (ECMA-167 2/9.1: NSR02 or NSR03, of 2048 bytes)."""
    image.seek(_DESCRIPTORS * _SECTOR)
    for _ in range(_MOST_DESCRIPTORS):
        mark = image.read(_SECTOR)[1:6]
        if mark not in _VOLUME_MARKS:
            return False
        if mark.startswith(b"NSR"):
            return True
    return False


def is_wim(head: bytes) -> bool:
    return recognised(head) == WIM


def head(image: BinaryIO) -> bytes:
    image.seek(0)
    return image.read(HEAD)


def tail(image: BinaryIO) -> bytes:
    image.seek(max(0, image.seek(0, 2) - TAIL))
    return image.read(TAIL)


def _is_floppy(start: bytes) -> bool:
    """A boot sector's mark, a jump, and a parameter block with a FAT12 or FAT16 root directory (fatgen103)."""
    return (
        start[510:512] == b"\x55\xaa"
        and start[:1] in (b"\xeb", b"\xe9")
        and int.from_bytes(start[11:13], "little") in (512, 1024, 2048, 4096)
        and start[13].bit_count() == 1
        and (start[21] == 0xF0 or start[21] >= 0xF8)
    )


def _unnamed(start: bytes) -> str:
    if not any(start):
        return "a blank image"
    utf16 = start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    decoder = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8")()
    try:
        text = decoder.decode(start[:512])
    except UnicodeDecodeError:
        return "no image that is known here"
    readable = all(letter.isprintable() or letter in "\r\n\t\ufeff" for letter in text)
    return "a text file" if readable else "no image that is known here"
