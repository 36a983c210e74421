"""Programs for boot tests, as bytes: each prints a line on the first serial port and ends the machine."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.floppy import write_floppy
from toolkit.media.making import Making

if TYPE_CHECKING:
    from collections.abc import Sequence

OK = "UNATTEND-BOOT-OK"
PROMPT = "UNATTEND-BOOT-PROMPT"
BAD = "UNATTEND-BOOT-BAD"

# What QEMU's isa-debug-exit turns the number into that is written to its port: 2 n + 1.
EXIT_OK = 33
EXIT_BAD = 65

BIOS_SIZE = 4096  # eight sectors of 512 bytes, as Microsoft's etfsboot.com
_LOADED_AT = 0x7C00
_MARK = b"UN\x55\xaa"  # the last bytes: they tell that all sectors were loaded

_PAGE = 0x1000
_ALIGNED = 512


def etfsboot() -> bytes:
    """Make a BIOS boot program that checks that all of it was loaded before it says so."""
    texts = (f"{OK} bios 8 sectors\r\n\0".encode(), f"{BAD} bios truncated load\r\n\0".encode())
    start = _LOADED_AT + len(_bios(0, 0))
    code = _bios(start, start + len(texts[0]))
    return (code + b"".join(texts)).ljust(BIOS_SIZE - len(_MARK), b"\0") + _MARK


def efisys(text: str) -> bytes:
    """Make a floppy image whose UEFI program prints `text`, as Microsoft's efisys.bin holds its loader."""
    program = MediaFile.of(NamedFile("EFI/BOOT/BOOTX64.EFI", efi_program(f"{text} uefi\r\n")))
    return write_floppy([program.measure()], Making("EFISYS"))[0]


def efi_program(text: str) -> bytes:
    """Make a PE32+ program for UEFI: ConOut->OutputString, then RuntimeServices->ResetSystem(EfiResetShutdown)."""
    code = _EFI + (text + "\0").encode("utf-16-le")
    size = -(-len(code) // _ALIGNED) * _ALIGNED
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 0xF0, 0x206)
    sizes = struct.pack("<HBBIIIII", 0x20B, 0, 0, size, 0, 0, _PAGE, _PAGE)
    versions = struct.pack("<HHHHHHI", 0, 0, 0, 0, 0, 0, 0)
    layout = struct.pack("<QII", 0, _PAGE, _ALIGNED) + versions + struct.pack("<IIIHH", 2 * _PAGE, _ALIGNED, 0, 10, 0)
    stack_and_heap = struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16) + bytes(16 * 8)
    section = struct.pack("<8sIIIIIIHHI", b".text", len(code), _PAGE, size, _ALIGNED, 0, 0, 0, 0, 0x60000020)
    head = dos + coff + sizes + layout + stack_and_heap + section
    return head.ljust(_ALIGNED, b"\0") + code.ljust(size, b"\0")


def bootable(files: Sequence[NamedFile]) -> tuple[NamedFile, ...]:
    """Put these programs where a Windows disc has its own."""
    programs = {
        "boot/etfsboot.com": etfsboot(),
        "efi/microsoft/boot/efisys.bin": efisys(PROMPT),
        "efi/microsoft/boot/efisys_noprompt.bin": efisys(OK),
    }
    return tuple(NamedFile(named.name, programs.get(named.name, named.data)) for named in files)


def _bios(good: int, bad: int) -> bytes:
    """Assemble 16-bit code that is loaded at 0000:7C00, with its two texts at the addresses given."""
    return b"".join(
        [
            b"\xfa",  # cli
            b"\x31\xc0\x8e\xd8\x8e\xd0",  # xor ax, ax; mov ds, ax; mov ss, ax
            b"\xbc\x00\x7c\xfc",  # mov sp, 7C00h; cld
            b"\xbe" + struct.pack("<H", _LOADED_AT + BIOS_SIZE - len(_MARK)),  # mov si, the mark
            b"\xad\x3d" + _MARK[:2] + b"\x75\x0d",  # lodsw; cmp ax, "UN"; jne +13, to the bad text
            b"\xad\x3d" + _MARK[2:] + b"\x75\x07",  # lodsw; cmp ax, AA55h; jne +7, to the bad text
            b"\xbe" + struct.pack("<H", good) + b"\xb3\x10",  # mov si, the good text; mov bl, 10h
            b"\xeb\x05",  # jmp +5, to the printing
            b"\xbe" + struct.pack("<H", bad) + b"\xb3\x20",  # mov si, the bad text; mov bl, 20h
            b"\xac\x84\xc0\x74\x06",  # lodsb; test al, al; jz +6, to the end
            b"\xba\xf8\x03\xee\xeb\xf5",  # mov dx, COM1; out dx, al; jmp -11, to the printing
            b"\xba\xf4\x00\x88\xd8\xee",  # mov dx, isa-debug-exit; mov al, bl; out dx, al
            b"\xf4\xeb\xfd",  # hlt; jmp -3
        ]
    )


# 64-bit code; rdx holds the system table on entry (UEFI 2.10, 4.3). The text follows the code.
_EFI = b"".join(
    [
        b"\x48\x83\xec\x28",  # sub rsp, 28h
        b"\x48\x89\xd3",  # mov rbx, rdx
        b"\x48\x8b\x4b\x40",  # mov rcx, [rbx+40h]: ConOut
        b"\x48\x8d\x15\x1c\x00\x00\x00",  # lea rdx, [rip+1Ch]: the text
        b"\xff\x51\x08",  # call [rcx+8]: OutputString
        b"\x48\x8b\x43\x58",  # mov rax, [rbx+58h]: RuntimeServices
        b"\xb9\x02\x00\x00\x00",  # mov ecx, 2: EfiResetShutdown
        b"\x31\xd2\x45\x31\xc0\x45\x31\xc9",  # xor edx, edx; xor r8d, r8d; xor r9d, r9d
        b"\xff\x50\x68",  # call [rax+68h]: ResetSystem
        b"\x48\x83\xc4\x28\xc3",  # add rsp, 28h; ret
    ]
)
