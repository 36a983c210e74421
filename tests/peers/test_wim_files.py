"""WIM files that wimlib made, read here; and within ISOs that others made."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from toolkit.media.inspection import inspect, windows_images
from toolkit.media.wim.choice import choose
from toolkit.media.wim.image import Compression, WimFile, WimImage
from toolkit.media.wim.reading import read_images

if TYPE_CHECKING:
    from pathlib import Path

WIMLIB = pytest.mark.peer(name="wimlib", program="wimlib-imagex")
NAMES = (
    "Windows Server 2022 SERVERSTANDARDCORE",
    "Windows Server 2022 SERVERSTANDARD",
    "Gr\u00fc\u00dfe \u2603 & <Co>",
)
SECOND = {
    "DISPLAYNAME": "Windows Server 2022 Standard (Desktop Experience)",
    "DESCRIPTION": "(Recommended)",
    "WINDOWS/ARCH": "9",
    "WINDOWS/EDITIONID": "ServerStandard",
    "WINDOWS/INSTALLATIONTYPE": "Server",
    "WINDOWS/LANGUAGES/LANGUAGE[1]": "en-US",
    "WINDOWS/LANGUAGES/LANGUAGE[2]": "de-DE",
    "WINDOWS/LANGUAGES/DEFAULT": "en-US",
    "WINDOWS/VERSION/MAJOR": "10",
    "WINDOWS/VERSION/MINOR": "0",
    "WINDOWS/VERSION/BUILD": "20348",
    "WINDOWS/VERSION/SPBUILD": "587",
}


def run(*command: str | Path) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (command, done.stdout, done.stderr)


def read(path: Path) -> WimFile:
    with path.open("rb") as stream:
        return read_images(stream)


@pytest.fixture(scope="module")
def wim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wim")
    source = folder / "source"
    for name in ("Windows/System32/kernel32.dll", "Windows/notepad.exe", "other.bin"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(os.urandom(700_000))
    made = folder / "install.wim"
    run("wimlib-imagex", "capture", source, made, NAMES[0], "--compress=LZX")
    for name in NAMES[1:]:
        run("wimlib-imagex", "append", source, made, name)
    properties = (f"--image-property={key}={value}" for key, value in SECOND.items())
    run("wimlib-imagex", "info", made, "2", *properties)
    return made


def check(found: WimFile) -> None:
    assert [image.name for image in found.images] == list(NAMES)
    assert found.images[1] == WimImage(
        index=2,
        name=NAMES[1],
        display_name=SECOND["DISPLAYNAME"],
        description=SECOND["DESCRIPTION"],
        edition_id="ServerStandard",
        installation="Server",
        architecture="amd64",
        languages=("en-US", "de-DE"),
        default_language="en-US",
        version="10.0.20348.587",
        size=2_100_000,
    )


@WIMLIB
def test_a_wim_is_read(wim: Path) -> None:
    found = read(wim)
    check(found)
    assert (found.compression, found.solid, found.part, found.parts) == (Compression.LZX, False, 1, 1)
    assert choose(found.images, name=NAMES[2]).index == 3


@WIMLIB
@pytest.mark.parametrize("compression", [Compression.NONE, Compression.XPRESS])
def test_every_compression_is_told(compression: Compression, wim: Path, tmp_path: Path) -> None:
    run("wimlib-imagex", "export", wim, "all", tmp_path / "x.wim", f"--compress={compression}")
    found = read(tmp_path / "x.wim")
    check(found)
    assert found.compression is compression


@WIMLIB
def test_a_solid_esd_is_read(wim: Path, tmp_path: Path) -> None:
    run("wimlib-imagex", "export", wim, "all", tmp_path / "install.esd", "--solid")
    found = read(tmp_path / "install.esd")
    check(found)
    assert (found.compression, found.solid) == (Compression.LZMS, True)


@WIMLIB
def test_every_part_of_a_split_file_is_read(wim: Path, tmp_path: Path) -> None:
    run("wimlib-imagex", "split", wim, tmp_path / "install.swm", "1")
    parts = sorted(tmp_path.glob("*.swm"), key=lambda path: (len(path.name), path.name))
    assert len(parts) > 1
    for number, path in enumerate(parts, 1):
        found = read(path)
        check(found)
        assert (found.part, found.parts) == (number, len(parts))


@WIMLIB
def test_a_pipable_wim_is_read(wim: Path, tmp_path: Path) -> None:
    run("wimlib-imagex", "export", wim, "all", tmp_path / "x.wim", "--pipable")
    check(read(tmp_path / "x.wim"))


@WIMLIB
def test_a_wim_with_an_integrity_table_behind_its_xml_is_read(wim: Path, tmp_path: Path) -> None:
    run("wimlib-imagex", "export", wim, "all", tmp_path / "x.wim", "--check")
    check(read(tmp_path / "x.wim"))


@pytest.mark.peer(name="wimlib and cdrkit", program=("wimlib-imagex", "genisoimage"))
@pytest.mark.parametrize("options", [["-J"], ["-iso-level", "3"], ["-udf", "-J"], ["-udf", "-hide", "sources"]])
def test_the_images_within_an_iso_are_read(options: list[str], wim: Path, tmp_path: Path) -> None:
    """By Joliet, by bare ISO9660 names, by UDF, and by UDF alone, which is how Microsoft's own discs are."""
    tree = tmp_path / "tree"
    (tree / "sources").mkdir(parents=True)
    (tree / "boot").mkdir()
    (tree / "boot" / "etfsboot.com").write_bytes(bytes(4096))
    (tree / "boot" / "efisys.bin").write_bytes(bytes(2048 * 3))
    (tree / "sources" / "install.wim").write_bytes(wim.read_bytes())
    image = tmp_path / "x.iso"
    boot = ["-b", "boot/etfsboot.com", "-no-emul-boot", "-boot-load-size", "8", "-c", "boot.cat"]
    boot += ["-eltorito-alt-boot", "-e", "boot/efisys.bin", "-no-emul-boot"]
    run("genisoimage", "-quiet", *options, *boot, "-V", "CCCOMA_X64", "-o", image, tree)
    assert [one.name for one in windows_images(image)] == list(NAMES)
    found = inspect(image)
    assert [(one.platform, (one.file or "").lower()) for one in found.boot] == [
        ("BIOS", "boot/etfsboot.com"),
        ("UEFI", "boot/efisys.bin"),
    ]
    assert found.boot[0].size == 4096
    assert {system.label for system in found.file_systems} == {"CCCOMA_X64"}
