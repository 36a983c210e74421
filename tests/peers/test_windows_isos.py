"""Windows-like ISOs of three makers, injected at random, and read by programs that know nothing of us."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pycdlib
import pytest

from tests.media.discs import WINDOWS, files_of, sha256, windows_disc
from tests.media.wims import SERVER, described, header
from toolkit.files import NamedFile
from toolkit.media.changes import SECTOR, append
from toolkit.media.content import MediaFile
from toolkit.media.eltorito import boot_catalogue
from toolkit.media.inject import Method, inject
from toolkit.media.names import same_name
from toolkit.media.revert import revert
from toolkit.media.tree import tree
from toolkit.media.udf.blocks import BLOCK
from toolkit.media.udf.branches import branches
from toolkit.media.udf.graft import graft
from toolkit.media.udf.volume import open_volume
from toolkit.media.undo import record_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LABEL = "CCCOMA_X64FRE_EN-US_DV9"
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}

BIOS = ("-b", "boot/etfsboot.com", "-no-emul-boot", "-boot-load-size", "8", "-c", "boot.catalog")
UEFI = ("-eltorito-alt-boot", "-e", "efi/microsoft/boot/efisys.bin", "-no-emul-boot")
BOOT = (*BIOS, *UEFI)

ROUNDS = 10  # stacked on one image
STACKS = 11  # for each of the makers: 330 injections in all

FOLDERS = (
    "",
    "sources/",
    "Sources/EN-US/",
    "boot/",
    "$OEM$/$1/",
    "sources/$OEM$/$$/Setup/Scripts/",
    "drivers/\u2603/",
    "Gr\u00fc\u00dfe/a/b/c/d/",
)
NAMES = (
    "Autounattend.xml",
    "AUTOUNATTEND.XML",
    "setup.exe",
    "Setup.EXE",
    "winrmConfig.bat",
    "boot.wim",
    "x",
    "a name with spaces.txt",
    "\u8a2d\u5b9a.xml",
    "gr\u00fc\u00dfe.txt",
    "n" * 120,
)
SIZES = (0, 1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK, 70_000)


def run(*command: str | Path, codes: Iterable[int] = (0,)) -> bytes:
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode in codes, (command, done.stdout, done.stderr)
    return done.stdout


def laid_out(files: Iterable[NamedFile], folder: Path) -> Path:
    for named in files:
        target = folder / named.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(named.data)
    return folder


def microsoft_like(folder: Path) -> tuple[str, ...]:
    """Give the arguments with which genisoimage makes what oscdimg makes: all in UDF 1.02, ISO9660 a stub.

    The disc of Microsoft's is written with -u2 -udfver102 and two boot entries; its ISO9660 side holds README.TXT.
    """
    hidden = [word for path in sorted(folder.iterdir()) for word in ("-hide", path.name)]
    (folder / "README.TXT").write_bytes(b"This disc contains a UDF file system.\r\n")
    shape = ("-udf", "-allow-limited-size", "-iso-level", "3", "-no-pad", "-input-charset", "utf-8")
    return ("genisoimage", "-quiet", *shape, "-V", LABEL, *hidden, *BOOT)


class Maker(Protocol):
    def __call__(self, folder: Path) -> Path: ...


def by_genisoimage(folder: Path) -> Path:
    path = folder / "genisoimage.iso"
    source = laid_out(WINDOWS, folder / "tree")
    run(*microsoft_like(source), "-o", path, source)
    return path


def by_pycdlib(folder: Path) -> Path:
    return windows_disc(folder / "pycdlib.iso")


def by_both(folder: Path) -> Path:
    """Let pycdlib open what genisoimage made, add a file and write it anew."""
    path = folder / "both.iso"
    image = pycdlib.PyCdlib()
    image.open(str(by_genisoimage(folder)))
    image.add_fp(io.BytesIO(b"added"), 5, udf_path="/added.txt")
    image.write(str(path))
    image.close()
    return path


MAKERS: tuple[Maker, ...] = (by_genisoimage, by_pycdlib, by_both)
EVERY_MAKER = pytest.mark.parametrize("make", MAKERS, ids=["genisoimage", "pycdlib", "pycdlib on genisoimage"])
READERS = ("genisoimage", "7z", "grub-fstest", "udfinfo")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def under(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix() + "/" * path.is_dir(): b"" if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def read_by_others(image: Path, out: Path) -> dict[str, bytes]:
    """Read an image by 7-Zip, and have GRUB's own UDF driver compare it with every byte that came out."""
    shutil.rmtree(out, ignore_errors=True)
    run("7z", "x", "-y", f"-o{out}", image)
    run("grub-fstest", image, "cmp", "(loop0)/", out)
    return under(out)


def counted(image: Path) -> tuple[int, int]:
    """Ask udfinfo for the numbers of files and folders that the volume says it has, and that its end is the image's."""
    told = dict(
        line.split("=", 1) for line in run("udfinfo", image).decode().splitlines() if line[:3] in ("num", "int")
    )
    layout = run("udfinfo", image).decode()
    assert told["integrity"] == "closed"
    assert f"start={image.stat().st_size // SECTOR - 1}, blocks=1, type=ANCHOR" in layout
    space = re.search(r"start=(\d+), blocks=(\d+), type=PSPACE", layout)
    assert space is not None
    assert int(space[1]) + int(space[2]) == image.stat().st_size // SECTOR - 1
    return int(told["numfiles"]), int(told["numdirs"])


def drawn(chance: random.Random) -> list[NamedFile]:
    """Draw files whose names go together: no two are the same to Windows, none is where another has a folder."""
    files: dict[str, NamedFile] = {}
    for _ in range(chance.randint(1, 8)):
        name = chance.choice(FOLDERS) + chance.choice(NAMES)
        files.setdefault(same_name(name), NamedFile(name, chance.randbytes(chance.choice(SIZES))))
    spelled: dict[str, str] = {}
    return [
        NamedFile("/".join(spelled.setdefault(same_name(part), part) for part in named.name.split("/")), named.data)
        for named in files.values()
    ]


def expected(before: dict[str, bytes], files: Sequence[NamedFile]) -> dict[str, bytes]:
    """Say what the image holds afterwards; no two names of these discs differ in case only."""
    keys = {same_name(name): name for name in before}
    after = dict(before)

    def spelled(path: str) -> str:
        found = keys.get(same_name(path))
        if found is None:
            parent, slash, last = path.rstrip("/").rpartition("/")
            above = spelled(f"{parent}/") if slash else ""
            found = above + last + "/" * path.endswith("/")
            keys[same_name(path)] = found
            after.setdefault(found, b"")
        return found

    for named in files:
        after[spelled(named.name)] = named.data
    return after


@pytest.mark.peer(name="the readers of UDF", program=READERS)
@pytest.mark.parametrize("stack", range(STACKS))
@EVERY_MAKER
def test_random_injections_are_read_by_7zip_and_grub(make: Maker, stack: int, tmp_path: Path, out: Path) -> None:
    image = make(tmp_path)
    chance = random.Random(f"{make.__name__} {stack}")  # type: ignore[attr-defined]  # all of them are functions
    digest = sha256(image)
    files, folders = counted(image)
    before = start = read_by_others(image, out)
    for _ in range(ROUNDS):
        added = drawn(chance)
        inject(image, added)
        found = read_by_others(image, out)
        assert found == expected(before, added)
        assert files_of(image) == found
        before = found
    assert counted(image) == (
        files + sum(not name.endswith("/") for name in before) - sum(not name.endswith("/") for name in start),
        folders + sum(name.endswith("/") for name in before) - sum(name.endswith("/") for name in start),
    )
    revert(image)
    assert sha256(image) == digest


@pytest.mark.peer(name="the readers of UDF", program=READERS)
@EVERY_MAKER
def test_thirty_megabytes_and_hundreds_of_drivers_are_read(make: Maker, tmp_path: Path, out: Path) -> None:
    image = make(tmp_path)
    before = read_by_others(image, out)
    drivers = [NamedFile(f"$OEM$/$1/drivers/{number % 9}/d{number}.sys", b"%d" % number * 50) for number in range(400)]
    files = [*drivers, NamedFile("big.bin", random.Random(1).randbytes(30 << 20))]
    inject(image, files, target=tmp_path / "new.iso")
    assert read_by_others(tmp_path / "new.iso", out) == expected(before, files)


@pytest.mark.peer(name="the readers of UDF", program=READERS)
@EVERY_MAKER
def test_without_a_prompt_the_volume_is_sound_and_bootfix_gone(make: Maker, tmp_path: Path, out: Path) -> None:
    image = make(tmp_path)
    before = read_by_others(image, out)
    files, folders = counted(image)
    inject(image, [NamedFile("Autounattend.xml", b"x")], no_prompt=True)
    found = read_by_others(image, out)
    assert found.keys() == (before.keys() | {"Autounattend.xml"}) - {"boot/bootfix.bin"}
    assert counted(image) == (files, folders)


@pytest.mark.peer(name="the readers of UDF and xorriso", program=(*READERS, "xorriso"))
@EVERY_MAKER
def test_xorriso_sees_the_boot_entries_as_we_do(make: Maker, tmp_path: Path) -> None:
    image = make(tmp_path)
    for no_prompt in (False, True):
        inject(image, [NamedFile("Autounattend.xml", b"x")], no_prompt=no_prompt)
        report = run("xorriso", "-indev", image, "-report_el_torito", "plain").decode()
        theirs = [line.split() for line in report.splitlines() if line.startswith("El Torito boot img")]
        with image.open("rb") as stream:
            catalogue = boot_catalogue(stream)
        assert catalogue is not None
        ours = [(entry.sectors, entry.block) for entry in catalogue.entries]
        assert [(int(words[-2]), int(words[-1])) for words in theirs] == ours
        assert [words[6] for words in theirs] == ["BIOS", "UEFI"]


@pytest.mark.peer(name="the readers of UDF and ISO9660", program=(*READERS, "isoinfo"))
@EVERY_MAKER
def test_the_iso9660_side_keeps_its_files_and_tells_the_new_size(make: Maker, tmp_path: Path) -> None:
    image = make(tmp_path)
    before = run("isoinfo", "-f", "-i", image)
    inject(image, [NamedFile("Autounattend.xml", b"x" * 9999)])
    assert run("isoinfo", "-f", "-i", image) == before
    described = run("isoinfo", "-d", "-i", image).decode()
    assert f"Volume size is: {image.stat().st_size // SECTOR}" in described


@pytest.mark.peer(name="the readers of UDF", program=READERS)
@EVERY_MAKER
def test_7zip_reads_the_old_tree_or_the_new_at_every_step(make: Maker, tmp_path: Path, out: Path) -> None:
    """The power fails: after each piece of what is appended, and before and after each sector that is patched."""
    image = make(tmp_path)
    files = [NamedFile("Autounattend.xml", b"x" * 5000), NamedFile("sources/$OEM$/$1/y.txt", b"y")]
    old = read_by_others(image, out)
    new = expected(old, files)
    with image.open("rb") as stream:
        volume = open_volume(stream)
        changes = graft(volume, branches(volume, tree([MediaFile.of(named).measure() for named in files])), 0)
    assert len(changes.patches) > 6
    whole = io.BytesIO(image.read_bytes())
    append(whole, changes)
    full = bytearray(whole.getvalue())
    cut = tmp_path / "cut.iso"

    def seen() -> dict[str, bytes]:
        """7-Zip warns of bytes behind the end, as it should, and extracts all the same."""
        shutil.rmtree(out, ignore_errors=True)
        run("7z", "x", "-y", f"-o{out}", cut, codes=(0, 1, 2))
        return under(out)

    for size in range(changes.before, changes.after + 1, 3 * SECTOR + 512):
        cut.write_bytes(full[:size])
        assert seen() == old
    states = []
    for patch in changes.patches:
        for half in (patch.new[:1024] + patch.old[1024:], patch.new):
            full[patch.sector * SECTOR : (patch.sector + 1) * SECTOR] = half
            cut.write_bytes(full)
            states.append(seen())
    assert all(state in (old, new) for state in states)
    assert [state == new for state in states] == sorted(state == new for state in states)
    assert states[-1] == new
    run("grub-fstest", cut, "cmp", "(loop0)/", out)


GIB = 1 << 30
ZEROS = bytes(1 << 20)


def sha256_of_sparse(path: Path) -> str:
    """Give a file's SHA-256 without reading its holes, which takes the kernel four times as long as hashing them."""
    hashed = hashlib.sha256()
    size, at = path.stat().st_size, 0
    with path.open("rb") as stream:
        while at < size:
            try:
                data = os.lseek(stream.fileno(), at, os.SEEK_DATA)
                end = os.lseek(stream.fileno(), data, os.SEEK_HOLE)
            except OSError:  # only a hole is left
                data = end = size
            for hole in range(at, data, len(ZEROS)):
                hashed.update(ZEROS[: data - hole])
            stream.seek(data)
            while data < end:
                piece = stream.read(min(len(ZEROS), end - data))
                hashed.update(piece)
                data += len(piece)
            at = end
    return hashed.hexdigest()


def five_gigabytes(folder: Path) -> tuple[Path, Path]:
    """Make a disc with an install.wim of 5 GB that is almost all holes, and a disc image that is, too.

    genisoimage writes every zero; so it writes into a pipe, and only what is not zero goes to the disk.
    """
    source = laid_out((named for named in WINDOWS if named.name != "sources/install.wim"), folder / "tree")
    wim = source / "sources" / "install.wim"
    chance = random.Random(5)
    images = b"\xff\xfe" + described(*SERVER).encode("utf-16-le")
    with wim.open("wb") as stream:
        stream.write(header(5_000_000_000, len(images)) + chance.randbytes(4096))
        for at in range(GIB // 2, 5_000_000_000, GIB - 12345):
            stream.seek(at)
            stream.write(chance.randbytes(9_999))
        stream.seek(5_000_000_000)
        stream.write(images)
    path = folder / "windows.iso"
    piece = bytearray(len(ZEROS))
    with (
        subprocess.Popen([*microsoft_like(source), str(source)], stdout=subprocess.PIPE, bufsize=1 << 20) as making,
        path.open("wb") as image,
    ):
        assert making.stdout is not None
        if sys.platform == "linux":
            import fcntl  # noqa: PLC0415  (not on every host)

            fcntl.fcntl(making.stdout.fileno(), fcntl.F_SETPIPE_SZ, 1 << 20)
        size = 0
        while count := making.stdout.readinto(piece):  # type: ignore[attr-defined]  # a buffered reader has it
            if piece[:count] != ZEROS[:count]:
                image.seek(size)
                image.write(piece[:count])
            size += count
        image.truncate(size)
    assert making.returncode == 0
    return path, wim


@pytest.mark.peer(name="the readers of UDF", program=READERS)
def test_a_windows_iso_of_five_gigabytes_is_injected_read_and_reverted(tmp_path: Path, out: Path) -> None:
    image, wim = five_gigabytes(tmp_path)
    if image.stat().st_blocks * 512 > GIB:
        pytest.skip("this file system keeps no holes, and 5 GB are too many")
    before = sha256_of_sparse(image)
    answers = [NamedFile("Autounattend.xml", b"<xml/>" * 999), NamedFile("sources/$OEM$/$1/x.bat", b"@echo off")]
    injected = inject(image, answers, no_prompt=True)
    assert injected.bytes_written < 100_000
    listed = run("7z", "l", "-slt", "-ba", image).decode()
    assert f"Path = sources/install.wim\nFolder = -\nSize = {wim.stat().st_size}" in listed
    run("7z", "x", "-y", f"-o{out}", image, "Autounattend.xml", "sources/$OEM$/$1/x.bat", "setup.exe")
    assert {name: data for name, data in under(out).items() if data} == {
        "setup.exe": WINDOWS[5].data,
        **{named.name: named.data for named in answers},
    }
    run("grub-fstest", image, "cmp", "(loop0)/Autounattend.xml", out / "Autounattend.xml")
    with image.open("rb") as stream, open_volume(stream).open("sources/install.wim") as kept, wim.open("rb") as given:
        assert kept.seek(0, os.SEEK_END) == wim.stat().st_size
        for at in itertools.chain(range(0, wim.stat().st_size, GIB // 2), [wim.stat().st_size - 4096]):
            assert (kept.seek(at), given.seek(at)) == (at, at)
            assert kept.read(1 << 16) == given.read(1 << 16)
    copied = inject(image, [NamedFile("Autounattend.xml", b"other")], target=tmp_path / "new.iso")
    assert copied.method is Method.PATCHED
    assert copied.path.stat().st_blocks * 512 < GIB
    assert run("7z", "e", "-so", copied.path, "Autounattend.xml") == b"other"
    revert(image)
    assert sha256_of_sparse(image) == before
    assert not record_path(image).exists()


@pytest.mark.skipif(not hasattr(os, "SEEK_DATA"), reason="this host cannot tell holes")
def test_the_digest_of_a_sparse_file_is_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for size, written in ((0, []), (5 << 20, []), ((9 << 20) + 5, [0, 3 << 20, 9 << 20]), (4 << 20, [(4 << 20) - 2])):
        with path.open("wb") as stream:
            for at in written:
                stream.seek(at)
                stream.write(b"!!")
            stream.truncate(size)
        assert sha256_of_sparse(path) == sha256(path)


@pytest.mark.peer(name="Joliet and ISO9660 readers", program=("genisoimage", "7z", "xorriso", "isoinfo"))
@pytest.mark.parametrize("options", [["-J", "-joliet-long"], ["-J", "-r"]])
def test_a_disc_without_udf_is_written_anew_for_7zip_and_xorriso(options: list[str], tmp_path: Path, out: Path) -> None:
    source = laid_out(WINDOWS, tmp_path / "tree")
    image, new = tmp_path / "x.iso", tmp_path / "new.iso"
    run("genisoimage", "-quiet", "-input-charset", "utf-8", *options, "-V", "REBUILT", *BOOT, "-o", image, source)
    files = [NamedFile("Autounattend.xml", b"x" * 9000), NamedFile("sources/$OEM$/$1/a.txt", b"a")]
    run("7z", "x", "-y", f"-o{out}", image)
    before = under(out)
    assert inject(image, files, target=new).method is Method.REWRITTEN
    shutil.rmtree(out)
    run("7z", "x", "-y", f"-o{out}", new)
    found = under(out)
    for listing in (before, found):  # what tells where things lie, and 7-Zip's own view of the boot images
        for name in [name for name in listing if name == "boot.catalog" or name.startswith("[BOOT]")]:
            del listing[name]
    assert found == expected(before, files)
    report = run("xorriso", "-indev", new, "-report_el_torito", "plain").decode()
    assert [line.split()[6] for line in report.splitlines() if line.startswith("El Torito boot img")] == [
        "BIOS",
        "UEFI",
    ]
