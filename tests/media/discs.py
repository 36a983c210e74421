"""Windows-like discs for the tests of injection: small, with the file systems and boot entries of the real ones."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO

import pycdlib

from toolkit.files import NamedFile
from toolkit.media.udf.volume import open_volume

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LABEL = "CCCOMA_X64FRE"
LOADER = b"asks" * 1024
SILENT_LOADER = b"does not ask" * 512

WINDOWS = (
    NamedFile("boot/etfsboot.com", b"\xfa" * 4096),
    NamedFile("boot/bootfix.bin", b"\xeb" * 1024),
    NamedFile("boot/bcd", b"regf" * 100),
    NamedFile("efi/microsoft/boot/efisys.bin", LOADER),
    NamedFile("efi/microsoft/boot/efisys_noprompt.bin", SILENT_LOADER),
    NamedFile("setup.exe", b"MZ" * 999),
    NamedFile("sources/boot.wim", b"MSWIM\0\0\0" * 700),
    NamedFile("sources/en-us/setup.exe.mui", b"mui"),
    NamedFile("sources/install.wim", bytes(range(256)) * 600),
)

# pycdlib makes boot entries of files that have ISO9660 names.
_LOADERS = {"boot/etfsboot.com": "/BOOT/ETFSBOOT.COM;1", "efi/microsoft/boot/efisys.bin": "/BOOT/EFISYS.BIN;1"}


def windows_disc(path: Path, files: Sequence[NamedFile] = WINDOWS, *, joliet: bool = False) -> Path:
    """Write a disc whose files are in UDF, with a BIOS and a UEFI boot entry."""
    image = pycdlib.PyCdlib()
    image.new(interchange_level=3, joliet=3 if joliet else None, udf="2.60", vol_ident=LABEL)
    image.add_directory("/BOOT")
    _add(image, files, joliet=joliet)
    if any(file.name == "boot/etfsboot.com" for file in files):
        _make_bootable(image)
    with path.open("wb") as stream:
        image.write_fp(stream)
    image.close()
    return path


def _add(image: pycdlib.PyCdlib, files: Sequence[NamedFile], *, joliet: bool) -> None:
    for folder in sorted({parent for file in files for parent in _parents(file.name)}):
        image.add_directory(udf_path=f"/{folder}", joliet_path=f"/{folder}" if joliet else None)
    for file in files:
        path = f"/{file.name}"
        image.add_fp(
            io.BytesIO(file.data),
            len(file.data),
            iso_path=_LOADERS.get(file.name),
            joliet_path=path if joliet else None,
            udf_path=path,
        )


def _make_bootable(image: pycdlib.PyCdlib) -> None:
    bios, uefi = _LOADERS.values()
    image.add_eltorito(bios, bootcatfile="/BOOT/BOOT.CAT;1", boot_load_size=8)
    image.add_eltorito(uefi, efi=True, boot_load_size=1)


def _parents(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def held_by(image: BinaryIO) -> dict[str, bytes]:
    """Read every file of a UDF volume; folders are keys that end in a slash."""
    volume = open_volume(image)
    found: dict[str, bytes] = {}
    for entry in volume.entries():
        key = f"{entry.path}/" if entry.is_folder else entry.path
        assert key not in found, f"{key} is there twice"
        found[key] = b"" if entry.is_folder else volume.stream(entry).read()
    return found


def files_of(path: Path) -> dict[str, bytes]:
    with path.open("rb") as image:
        return held_by(image)


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
