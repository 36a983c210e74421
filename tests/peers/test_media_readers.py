"""Every medium that we write, read by the programs that others trust: each byte must come out as it went in."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.media.trees import TYPICAL
from toolkit.files import NamedFile
from toolkit.media.fat.geometry import FLOPPIES, FloppySize
from toolkit.media.pack import Medium, contents, pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

NESTED = (
    NamedFile("$OEM$/$1/x", b"1"),
    NamedFile("$OEM$/$$/Setup/Scripts/SetupComplete.cmd", b"exit /b 0\r\n" * 500),
    NamedFile("a/b/c/d/e/f/g/deep.txt", b"deep"),
    NamedFile("a/b/c/other file.txt", bytes(range(256)) * 9),
    NamedFile("a/b.c/x.y.z", b"dots"),
)
LONG = tuple(
    NamedFile(f"a rather long name for a file, number {number:02}.txt", b"%d" % number * 99) for number in range(40)
)
UNICODE = (
    NamedFile("gr\u00fc\u00dfe.txt", b"umlaut"),
    NamedFile("\u2603 snowman.ini", b"snow"),
    NamedFile("\u0441\u043a\u0440\u0438\u043f\u0442/\u0437\u0430\u043f\u0443\u0441\u043a.bat", b"cyrillic"),
    NamedFile("\u8a2d\u5b9a.xml", b"kanji" * 1000),
)
COLLIDING = (
    NamedFile("longfilename one.txt", b"1"),
    NamedFile("longfilename two.txt", b"2"),
    NamedFile("LONGFI~1.TXT", b"3"),
    NamedFile("longfi~2.txt", b"4"),
    NamedFile("a+b.c", b"5"),
    NamedFile("a=b.c", b"6"),
)
FULL = (NamedFile("FULL.BIN", bytes(range(256)) * (FLOPPIES[FloppySize.KIB_1440].capacity // 256)),)

SETS = {
    "typical": TYPICAL,
    "nested": NESTED,
    "long names": LONG,
    "unicode names": UNICODE,
    "colliding aliases": COLLIDING,
    "an empty file": (NamedFile("empty.txt", b""),),
    "filled to the last byte": FULL,
}
# Only UDF holds these, so that an ISO gets it; a floppy's long names do as well.
BRIDGED = (
    *NESTED,
    NamedFile("drivers/" + "n" * 100 + ".inf", b"one" * 1000),
    NamedFile("drivers/" + "n" * 101 + ".inf", b"two" * 1000),
    NamedFile("\u8a2d" * 70 + "/" + "x" * 65 + "/" + "gr\u00fc\u00dfe " * 14 + ".txt", b"wide"),
    NamedFile("a;1", b"semicolon"),
    NamedFile("e" * 90, b""),
    *(NamedFile(f"many/{'driver ' * 12}{number:03}.sys", b"%d" % number * 500) for number in range(150)),
)
EVERY_SET = pytest.mark.parametrize("files", SETS.values(), ids=SETS.keys())
# isoinfo prints Joliet names in 8-bit code pages only.
EVERY_ASCII_SET = pytest.mark.parametrize("files", [files for files in SETS.values() if files is not UNICODE])
EVERY_SIZE = pytest.mark.parametrize("size", FloppySize)

ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": os.devnull}

Files = tuple[NamedFile, ...]


def run(*command: str | Path) -> bytes:
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def under(folder: Path) -> Files:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return by_name(NamedFile(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)


def by_name(files: Iterable[NamedFile]) -> Files:
    return tuple(sorted(files, key=lambda file: file.name))


def floppy(files: Sequence[NamedFile], folder: Path, size: FloppySize = FloppySize.KIB_1440) -> Path:
    return pack(files, folder / "x.img", Medium.FLOPPY, label="UNATTEND", floppy_size=size).path


def iso(files: Sequence[NamedFile], folder: Path) -> Path:
    return pack(files, folder / "x.iso", Medium.ISO, label="UNATTEND").path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.peer(name="dosfstools", program="fsck.fat")
@EVERY_SET
def test_fsck_finds_nothing_wrong_with_a_floppy(files: Files, tmp_path: Path) -> None:
    image = floppy(files, tmp_path)
    told = run("fsck.fat", "-n", "-v", image).decode().replace(str(image), "")
    complaints = ("differ", "orphan", "Bad", "bad", "wrong", "dirty", "Dirty", "free", "lost", "Truncat")
    assert not any(word in told for word in complaints), told


@pytest.mark.peer(name="dosfstools", program="fsck.fat")
@EVERY_SIZE
def test_fsck_finds_nothing_wrong_with_any_size(size: FloppySize, tmp_path: Path) -> None:
    told = run("fsck.fat", "-n", "-v", floppy((*TYPICAL, *NESTED[2:]), tmp_path, size)).decode()
    assert f"{FLOPPIES[size].clusters} data clusters" in told


@pytest.mark.peer(name="mtools", program=("mcopy", "mdir", "mtype"))
@EVERY_SET
def test_mtools_copies_every_byte_off_a_floppy(files: Files, tmp_path: Path, out: Path) -> None:
    run("mcopy", "-s", "-n", "-i", floppy(files, tmp_path), "::*", out)
    assert under(out) == by_name(files)


@pytest.mark.peer(name="mtools", program=("mcopy", "mdir", "mtype"))
@EVERY_SIZE
def test_mtools_types_each_file_of_any_size_of_floppy(size: FloppySize, tmp_path: Path) -> None:
    image = floppy(TYPICAL, tmp_path, size)
    for file in TYPICAL:
        assert run("mtype", "-i", image, f"::{file.name}") == file.data


@pytest.mark.peer(name="mtools", program=("mcopy", "mdir", "mtype"))
def test_mtools_finds_a_file_by_its_alias(tmp_path: Path) -> None:
    image = floppy(COLLIDING, tmp_path)
    for alias, data in (("LONGFI~1.TXT", b"3"), ("LONGFI~2.TXT", b"4"), ("LONGFI~3.TXT", b"1"), ("LONGFI~4.TXT", b"2")):
        assert run("mtype", "-i", image, f"::{alias}") == data


@pytest.mark.peer(name="mtools", program=("mcopy", "mdir", "mtype"))
def test_mtools_shows_label_and_serial_number(tmp_path: Path) -> None:
    told = run("mdir", "-i", floppy(TYPICAL, tmp_path), "::").decode()
    assert "is UNATTEND" in told
    assert "1980-01-01" in told


@pytest.mark.peer(name="7-Zip", program="7z")
@EVERY_SET
@pytest.mark.parametrize("medium", Medium)
def test_7zip_extracts_every_byte(medium: Medium, files: Files, tmp_path: Path, out: Path) -> None:
    image = floppy(files, tmp_path) if medium is Medium.FLOPPY else iso(files, tmp_path)
    run("7z", "x", "-y", f"-o{out}", image)
    assert under(out) == by_name(files)


@pytest.mark.peer(name="7-Zip", program="7z")
def test_7zip_extracts_names_from_udf_that_joliet_cannot_hold(tmp_path: Path, out: Path) -> None:
    run("7z", "x", "-y", f"-o{out}", iso(BRIDGED, tmp_path))
    assert under(out) == by_name(BRIDGED)


@pytest.mark.peer(name="GRUB", program="grub-fstest")
def test_grubs_udf_driver_reads_names_that_joliet_cannot_hold(tmp_path: Path, out: Path) -> None:
    image = iso(BRIDGED, tmp_path)
    for file in BRIDGED:
        (out / file.name).parent.mkdir(parents=True, exist_ok=True)
        (out / file.name).write_bytes(file.data)
        run("grub-fstest", image, "cmp", f"(loop0)/{file.name}", out / file.name)


@pytest.mark.peer(name="udftools", program="udfinfo")
def test_udfinfo_finds_the_volume_beside_joliet_closed_and_complete(tmp_path: Path) -> None:
    image = iso(BRIDGED, tmp_path)
    told = dict(line.split("=", 1) for line in run("udfinfo", image).decode().splitlines() if line.count("=") == 1)
    blocks = image.stat().st_size // 2048
    folders = {"/".join(parts[:depth]) for parts in (f.name.split("/") for f in BRIDGED) for depth in range(len(parts))}
    assert told["label"] == "UNATTEND"
    assert (told["udfrev"], told["integrity"], told["blocks"]) == ("1.02", "closed", str(blocks))
    assert (told["numfiles"], told["numdirs"]) == (str(len(BRIDGED)), str(len(folders)))


@pytest.mark.peer(name="xorriso", program="xorriso")
def test_xorriso_extracts_what_joliet_shows_of_names_that_only_udf_holds(tmp_path: Path, out: Path) -> None:
    packed = pack(BRIDGED, tmp_path / "x.iso", Medium.ISO)
    run("xorriso", "-osirrox", "on", "-indev", packed.path, "-extract", "/", out)
    run("chmod", "-R", "u+rwX", out)
    shown = by_name(NamedFile(packed.stand_ins.get(file.name, file.name), file.data) for file in BRIDGED)
    assert under(out) == shown
    assert all(len(part) <= 64 for file in shown for part in file.name.split("/"))


@pytest.mark.peer(name="cdrkit", program="isoinfo")
def test_isoinfo_reads_what_joliet_and_iso9660_show_of_names_that_only_udf_holds(tmp_path: Path) -> None:
    packed = pack(BRIDGED, tmp_path / "x.iso", Medium.ISO)
    for file in BRIDGED:
        shown = packed.stand_ins.get(file.name, file.name)
        if shown.isascii():
            assert run("isoinfo", "-J", "-i", packed.path, "-x", f"/{shown}") == file.data
    listed = run("isoinfo", "-f", "-i", packed.path).decode().splitlines()
    assert f"/DRIVERS/{'N' * 27}.INF;1" in listed


@pytest.mark.peer(name="cdrkit", program="isoinfo")
@EVERY_ASCII_SET
def test_isoinfo_reads_every_byte_by_its_joliet_name(files: Files, tmp_path: Path) -> None:
    image = iso(files, tmp_path)
    listed = set(run("isoinfo", "-J", "-f", "-i", image).decode().splitlines())
    assert {f"/{file.name}" for file in files} <= listed
    for file in files:
        assert run("isoinfo", "-J", "-i", image, "-x", f"/{file.name}") == file.data


@pytest.mark.peer(name="cdrkit", program="isoinfo")
def test_isoinfo_finds_stand_ins_without_joliet(tmp_path: Path) -> None:
    image = iso(TYPICAL, tmp_path)
    listed = run("isoinfo", "-f", "-i", image).decode().splitlines()
    assert "/AUTOUNATTEND.XML;1" in listed
    assert run("isoinfo", "-i", image, "-x", "/WINRMCONFIG.BAT;1") == TYPICAL[1].data


@pytest.mark.peer(name="GRUB", program="grub-fstest")
@pytest.mark.parametrize("medium", [Medium.ISO, Medium.FLOPPY])
def test_grubs_drivers_read_every_byte(medium: Medium, tmp_path: Path, out: Path) -> None:
    files = (*TYPICAL, *NESTED[2:], *UNICODE)
    image = floppy(files, tmp_path) if medium is Medium.FLOPPY else iso(files, tmp_path)
    for file in files:
        (out / file.name).parent.mkdir(parents=True, exist_ok=True)
        (out / file.name).write_bytes(file.data)
        run("grub-fstest", image, "cmp", f"(loop0)/{file.name}", out / file.name)


@pytest.mark.peer(name="xorriso", program="xorriso")
@EVERY_SET
def test_xorriso_extracts_every_byte(files: Files, tmp_path: Path, out: Path) -> None:
    run("xorriso", "-osirrox", "on", "-indev", iso(files, tmp_path), "-extract", "/", out)
    run("chmod", "-R", "u+rwX", out)
    assert under(out) == by_name(files)


@pytest.mark.peer(name="xorriso", program="xorriso")
def test_xorriso_extracts_what_lies_deeper_than_iso9660_allows(tmp_path: Path, out: Path) -> None:
    files = by_name(NamedFile("/".join("abcdefghijklmn"[:depth]) + "/x.txt", bytes([depth])) for depth in (1, 6, 7, 14))
    run("xorriso", "-osirrox", "on", "-indev", iso(files, tmp_path), "-extract", "/", out)
    run("chmod", "-R", "u+rwX", out)
    assert under(out) == files


@pytest.mark.peer(name="dosfstools and mtools", program=("mkfs.fat", "mcopy"))
@pytest.mark.parametrize("sectors", [720, 1440, 2880])
def test_a_floppy_of_mtools_is_read(sectors: int, tmp_path: Path, out: Path) -> None:
    image = tmp_path / "theirs.img"
    files = (*TYPICAL, *UNICODE, *LONG[:9])
    for file in files:
        (out / file.name).parent.mkdir(parents=True, exist_ok=True)
        (out / file.name).write_bytes(file.data)
    run("mkfs.fat", "-F", "12", "-C", image, str(sectors))
    run("mcopy", "-s", "-i", image, *sorted(out.iterdir()), "::")
    assert contents(image) == by_name(files)


@pytest.mark.peer(name="cdrkit", program="genisoimage")
@pytest.mark.parametrize("options", [["-J"], ["-J", "-r"], ["-J", "-r", "-udf", "-iso-level", "3"]])
def test_an_iso_of_genisoimage_is_read(options: list[str], tmp_path: Path, out: Path) -> None:
    image = tmp_path / "theirs.iso"
    files = (*TYPICAL, *UNICODE, *NESTED[3:])
    for file in files:
        (out / file.name).parent.mkdir(parents=True, exist_ok=True)
        (out / file.name).write_bytes(file.data)
    run("genisoimage", "-quiet", "-input-charset", "utf-8", *options, "-o", image, out)
    assert contents(image) == by_name(files)


@pytest.mark.peer(name="xorriso", program="xorriso")
def test_an_iso_of_xorriso_is_read(tmp_path: Path, out: Path) -> None:
    image = tmp_path / "theirs.iso"
    files = (*TYPICAL, *UNICODE, *LONG)
    for file in files:
        (out / file.name).parent.mkdir(parents=True, exist_ok=True)
        (out / file.name).write_bytes(file.data)
    run("xorriso", "-as", "mkisofs", "-quiet", "-J", "-r", "-o", image, out)
    assert contents(image) == by_name(files)
