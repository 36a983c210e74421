"""QEMU starts from discs before and after injection, with SeaBIOS and with OVMF; each prints its marker."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.media.boot_stubs import BAD, EXIT_BAD, EXIT_OK, OK, PROMPT, bootable, etfsboot
from tests.media.discs import WINDOWS, sha256, windows_disc
from tests.media.test_rewriting import joliet_disc
from tests.peers.test_windows_isos import laid_out, microsoft_like, run
from toolkit.errors import UnreadableError
from toolkit.files import NamedFile
from toolkit.media.inject import Method, inject
from toolkit.media.revert import revert

if TYPE_CHECKING:
    from collections.abc import Callable

FIRMWARE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")

QEMU = pytest.mark.peer(name="QEMU", program="qemu-system-x86_64")
ANSWERS = (NamedFile("Autounattend.xml", b"<xml/>" * 999), NamedFile("sources/$OEM$/$1/x.bat", b"@echo off"))
DISC = bootable(WINDOWS)

PLAIN = ("-nodefaults", "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot")


def cdrom(image: Path, bus: str = "") -> tuple[str, ...]:
    drive = f"file={image},format=raw,if=none,id=cd0,media=cdrom,readonly=on"
    return ("-drive", drive, "-device", f"ide-cd,drive=cd0,bootindex=0{bus}")


def bios(image: Path) -> tuple[str, int]:
    """Start with SeaBIOS; give what came over the serial line, and the number that the program ended with."""
    done = subprocess.run(
        [
            *("qemu-system-x86_64", "-machine", "pc,accel=tcg", "-m", "64", *PLAIN),
            *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", *cdrom(image, ",bus=ide.1")),
        ],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    return done.stdout.decode("ascii", "replace"), done.returncode


def uefi(image: Path, folder: Path) -> str:
    """Start with OVMF, without any variables kept; give what came over the serial line."""
    if not FIRMWARE.exists():
        (pytest.fail if os.environ.get("UNATTEND_REQUIRE_PEERS") else pytest.skip)(
            "OVMF is not installed (apt-get install ovmf)"
        )
    variables = folder / "vars.fd"
    shutil.copy(VARIABLES, variables)
    done = subprocess.run(
        [
            *("qemu-system-x86_64", "-machine", "q35,accel=tcg", "-m", "256", *PLAIN),
            *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}"),
            *("-drive", f"if=pflash,format=raw,unit=1,file={variables}"),
            *cdrom(image),
        ],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=180,
    )
    return done.stdout.decode("ascii", "replace").replace("\033", "")


def by_pycdlib(folder: Path) -> Path:
    return windows_disc(folder / "x.iso", DISC)


def by_genisoimage(folder: Path) -> Path:
    source = laid_out(DISC, folder / "tree")
    run(*microsoft_like(source), "-o", folder / "x.iso", source)
    return folder / "x.iso"


def without_udf(folder: Path) -> Path:
    return joliet_disc(folder / "x.iso", DISC)


def in_place(image: Path, *, no_prompt: bool = False) -> Path:
    assert inject(image, ANSWERS, no_prompt=no_prompt).method is Method.PATCHED
    return image


def into_a_copy(image: Path, *, no_prompt: bool = False) -> Path:
    return inject(image, ANSWERS, target=image.with_name("new.iso"), no_prompt=no_prompt).path


def twice_and_back(image: Path, *, no_prompt: bool = False) -> Path:
    digest = sha256(image)
    in_place(image, no_prompt=not no_prompt)
    revert(image)
    assert sha256(image) == digest
    return image


def untouched(image: Path, *, no_prompt: bool = False) -> Path:
    assert not no_prompt
    return image


WAYS = [
    pytest.param(by_pycdlib, untouched, id="as it was made"),
    pytest.param(by_pycdlib, in_place, id="injected in place"),
    pytest.param(
        by_genisoimage, in_place, id="genisoimage's injected in place", marks=pytest.mark.peer("cdrkit", "genisoimage")
    ),
    pytest.param(by_pycdlib, into_a_copy, id="injected into a copy"),
    pytest.param(without_udf, into_a_copy, id="rewritten"),
    pytest.param(by_pycdlib, twice_and_back, id="injected and reverted"),
]


@QEMU
@pytest.mark.parametrize(("make", "change"), WAYS)
def test_bios_starts_from_a_disc(make: Callable[[Path], Path], change: Callable[..., Path], tmp_path: Path) -> None:
    told, code = bios(change(make(tmp_path)))
    assert OK in told
    assert code == EXIT_OK


@QEMU
@pytest.mark.parametrize(("make", "change"), WAYS)
def test_uefi_starts_from_a_disc_and_is_asked_for_a_key(
    make: Callable[[Path], Path], change: Callable[..., Path], tmp_path: Path
) -> None:
    told = uefi(change(make(tmp_path)), tmp_path)
    assert PROMPT in told
    assert OK not in told


SILENT = [param for param in WAYS if param.values[1] in (in_place, into_a_copy)]


@QEMU
@pytest.mark.parametrize(("make", "change"), SILENT)
def test_without_a_prompt_both_kinds_of_firmware_start_at_once(
    make: Callable[[Path], Path], change: Callable[..., Path], tmp_path: Path
) -> None:
    image = change(make(tmp_path), no_prompt=True)
    told = uefi(image, tmp_path)
    assert OK in told
    assert PROMPT not in told
    assert bios(image)[1] == EXIT_OK


@QEMU
def test_the_programs_notice_a_disc_that_loads_too_little(tmp_path: Path) -> None:
    """The tests above could not fail otherwise: the BIOS program checks that its last sector came along."""
    broken = etfsboot()[:-4] + bytes(4)
    files = tuple(NamedFile(each.name, broken if each.name == "boot/etfsboot.com" else each.data) for each in DISC)
    told, code = bios(windows_disc(tmp_path / "x.iso", files))
    assert BAD in told
    assert code == EXIT_BAD


@QEMU
def test_the_disc_of_a_running_guest_is_refused_in_place(tmp_path: Path) -> None:
    """QEMU locks its media; what it reads must not change under its feet."""
    image = by_pycdlib(tmp_path)
    digest = sha256(image)
    command = ("qemu-system-x86_64", "-S", "-m", "64", "-nodefaults", "-display", "none", "-monitor", "stdio")
    with subprocess.Popen([*command, *cdrom(image)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as guest:
        assert guest.stdin is not None
        assert guest.stdout is not None
        while b"monitor" not in guest.stdout.readline():
            assert guest.poll() is None
        for act in (lambda: inject(image, ANSWERS), lambda: revert(image)):
            with pytest.raises(UnreadableError, match="open in another program"):
                act()
        copy = inject(image, ANSWERS, target=tmp_path / "new.iso")
        guest.communicate(b"quit\n")
    assert copy.method is Method.PATCHED
    assert sha256(image) == digest
    assert inject(image, ANSWERS).method is Method.PATCHED
