"""Discs that the patcher does not understand go through pycdlib, and come out with everything they had."""

from __future__ import annotations

import contextlib
import io
import random
from typing import TYPE_CHECKING

import pycdlib
import pytest

from tests.media.discs import LOADER, SILENT_LOADER, WINDOWS, files_of, sha256, windows_disc
from toolkit.errors import ToolkitError, UnreadableError, UsageError
from toolkit.files import NamedFile
from toolkit.media.eltorito import Platform, boot_catalogue
from toolkit.media.inject import Method, inject
from toolkit.media.pack import contents
from toolkit.media.refusal import MediumError
from toolkit.media.udf.tag import resealed

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = (
    NamedFile("Autounattend.xml", b"<unattend/>" * 500),
    NamedFile("sources/$OEM$/$$/winrmConfig.bat", b"@echo off\r\n"),
    NamedFile("SETUP.EXE", b"replaced"),
)


def joliet_disc(path: Path, files: tuple[NamedFile, ...] = WINDOWS, *, bootable: bool = True) -> Path:
    """Write what xorriso makes of a Windows tree: no UDF."""
    image = pycdlib.PyCdlib()
    image.new(interchange_level=3, joliet=3, vol_ident="REBUILT")
    image.add_directory("/BOOT", joliet_path="/boot")
    for folder in ("/efi", "/efi/microsoft", "/efi/microsoft/boot", "/sources", "/sources/en-us"):
        image.add_directory(joliet_path=folder)
    for named in files:
        loader = {"boot/etfsboot.com": "/BOOT/ETFSBOOT.COM;1", "efi/microsoft/boot/efisys.bin": "/BOOT/EFISYS.BIN;1"}
        data = io.BytesIO(named.data)
        image.add_fp(data, len(named.data), iso_path=loader.get(named.name), joliet_path=f"/{named.name}")
    if bootable:
        image.add_eltorito("/BOOT/ETFSBOOT.COM;1", bootcatfile="/BOOT/BOOT.CAT;1", boot_load_size=8)
        image.add_eltorito("/BOOT/EFISYS.BIN;1", efi=True, boot_load_size=1)
    with path.open("wb") as stream:
        image.write_fp(stream)
    image.close()
    return path


def iso9660_disc(path: Path, *, level: int = 3, rock_ridge: str | None = None) -> Path:
    image = pycdlib.PyCdlib()
    image.new(interchange_level=level, rock_ridge=rock_ridge, vol_ident="PLAIN")
    name = "/setup.exe" if level == 4 else "/SETUP.EXE;1"
    image.add_fp(io.BytesIO(b"MZ"), 2, name, rr_name="setup.exe" if rock_ridge else None)
    with path.open("wb") as stream:
        image.write_fp(stream)
    image.close()
    return path


def joliet_files(path: Path) -> dict[str, bytes]:
    return settled({named.name: named.data for named in contents(path)})


def settled(found: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out the boot catalogue, which tells where things lie and so changes with them."""
    return {name: data for name, data in found.items() if name != "boot.cat"}


def test_a_disc_without_udf_is_written_anew(tmp_path: Path) -> None:
    disc = joliet_disc(tmp_path / "x.iso")
    before, digest = joliet_files(disc), sha256(disc)
    injected = inject(disc, ANSWERS, target=tmp_path / "new.iso")
    assert injected.method is Method.REWRITTEN
    assert (injected.replaced, injected.undo) == (("setup.exe",), None)
    assert set(injected.added) == {"Autounattend.xml", "sources/$OEM$/$$/winrmConfig.bat"}
    assert injected.bytes_written == injected.path.stat().st_size
    answers = {named.name: named.data for named in ANSWERS[:2]}
    assert joliet_files(injected.path) == before | answers | {"setup.exe": b"replaced"}
    assert sha256(disc) == digest


def test_a_disc_without_udf_is_not_changed_in_place(tmp_path: Path) -> None:
    disc = joliet_disc(tmp_path / "x.iso")
    with pytest.raises(UnreadableError, match="cannot be changed in place") as caught:
        inject(disc, ANSWERS)
    assert "-o NEW.iso" in (caught.value.help or "")


def test_writing_anew_gives_the_same_bytes_each_time(tmp_path: Path) -> None:
    disc = joliet_disc(tmp_path / "x.iso")
    digests = {sha256(inject(disc, ANSWERS, target=tmp_path / name).path) for name in ("1.iso", "2.iso")}
    assert len(digests) == 1


def test_boot_entries_stay_and_the_prompt_goes(tmp_path: Path) -> None:
    disc = joliet_disc(tmp_path / "x.iso")
    for no_prompt, loader in ((False, LOADER), (True, SILENT_LOADER)):
        target = tmp_path / f"{no_prompt}.iso"
        inject(disc, ANSWERS, target=target, no_prompt=no_prompt)
        with target.open("rb") as image:
            catalogue = boot_catalogue(image)
        assert catalogue is not None
        starts = {entry.platform: target.read_bytes()[entry.block * 2048 :] for entry in catalogue.entries}
        assert starts[Platform.BIOS].startswith(WINDOWS[0].data)
        assert starts[Platform.UEFI].startswith(loader)
        assert ("boot/bootfix.bin" in joliet_files(target)) is not no_prompt


def test_a_disc_without_a_silent_loader_says_so(tmp_path: Path) -> None:
    kept = tuple(named for named in WINDOWS if "noprompt" not in named.name)
    disc = joliet_disc(tmp_path / "x.iso", kept)
    with pytest.raises(UsageError, match="efisys_noprompt"):
        inject(disc, ANSWERS, target=tmp_path / "new.iso", no_prompt=True)
    assert not (tmp_path / "new.iso").exists()


@pytest.mark.parametrize(("level", "rock_ridge"), [(3, None), (3, "1.09"), (4, None)])
def test_a_disc_of_iso9660_alone_is_written_anew(level: int, rock_ridge: str | None, tmp_path: Path) -> None:
    disc = iso9660_disc(tmp_path / "x.iso", level=level, rock_ridge=rock_ridge)
    files = [NamedFile("AUTOUNATTEND.XML", b"xml"), NamedFile("Setup.exe", b"new"), NamedFile("a/B.TXT", b"b")]
    injected = inject(disc, files, target=tmp_path / "new.iso")
    assert injected.method is Method.REWRITTEN
    image = pycdlib.PyCdlib()
    image.open(str(injected.path))
    version = "" if level == 4 else ";1"
    for path, data in (
        ("/AUTOUNATTEND.XML", b"xml"),
        ("/setup.exe" if level == 4 else "/SETUP.EXE", b"new"),
        ("/a/B.TXT" if level == 4 else "/A/B.TXT", b"b"),
    ):
        out = io.BytesIO()
        image.get_file_from_iso_fp(out, iso_path=path + version)
        assert out.getvalue() == data
    image.close()


def test_names_that_iso9660_cannot_hold_are_refused(tmp_path: Path) -> None:
    disc = iso9660_disc(tmp_path / "x.iso")
    with pytest.raises(MediumError, match="has neither UDF nor Joliet"):
        inject(disc, [NamedFile("sources/$OEM$/x.txt", b"")], target=tmp_path / "new.iso")


def test_names_are_kept_up_to_what_joliet_holds(tmp_path: Path) -> None:
    disc = joliet_disc(tmp_path / "x.iso")
    longest = NamedFile("sources/" + "\u8a2d" * 64, b"long")
    injected = inject(disc, [longest], target=tmp_path / "new.iso")
    assert joliet_files(injected.path)[longest.name] == b"long"
    with pytest.raises(MediumError, match="holds names of 64"):
        inject(disc, [NamedFile("sources/" + "a" * 65, b"")], target=tmp_path / "newer.iso")


def test_conflicts_are_told_at_once(tmp_path: Path) -> None:
    disc = joliet_disc(tmp_path / "x.iso")
    with pytest.raises(MediumError) as caught:
        inject(disc, [NamedFile("sources", b""), NamedFile("Setup.exe/x", b"")], target=tmp_path / "new.iso")
    assert len(caught.value.problems) == 2


def test_a_disc_of_another_kind_of_udf_is_left_to_pycdlib(tmp_path: Path) -> None:
    """One that was not closed by its writer: it is refused in place, and has all its files when it was written anew."""
    disc = windows_disc(tmp_path / "x.iso")
    before = settled(files_of(disc))
    with disc.open("r+b") as image:
        image.seek(64 * 2048)
        raw = bytearray(image.read(2048))
        raw[28:32] = bytes(4)
        image.seek(64 * 2048)
        image.write(resealed(bytes(raw)))
    injected = inject(disc, ANSWERS[:1], target=tmp_path / "new.iso")
    assert injected.method is Method.REWRITTEN
    assert settled(files_of(injected.path)) == before | {"Autounattend.xml": ANSWERS[0].data}


def test_a_damaged_disc_is_written_anew_or_refused(tmp_path: Path) -> None:
    raw = joliet_disc(tmp_path / "x.iso").read_bytes()
    for seed in (79, 326, 698, *range(40)):
        chance = random.Random(seed)
        broken = bytearray(raw)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(16 * 2048, 40 * 2048)] = chance.randrange(256)
        (tmp_path / "broken.iso").write_bytes(broken)
        with contextlib.suppress(ToolkitError):
            inject(tmp_path / "broken.iso", ANSWERS, target=tmp_path / "new.iso")


def test_a_disc_that_nobody_understands_is_refused(tmp_path: Path) -> None:
    disc = joliet_disc(tmp_path / "x.iso")
    raw = bytearray(disc.read_bytes())
    raw[17 * 2048 + 100 :] = bytes(len(raw) - 17 * 2048 - 100)
    disc.write_bytes(raw)
    with pytest.raises(UnreadableError):
        inject(disc, ANSWERS, target=tmp_path / "new.iso")
    assert not (tmp_path / "new.iso").exists()
