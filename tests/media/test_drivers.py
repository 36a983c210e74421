from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from toolkit.catalog.releases import releases
from toolkit.errors import UnreadableError, UsageError
from toolkit.media.content import MediaFile
from toolkit.media.drivers import FOLDER, driver_files, drivers_for
from toolkit.media.folder import files_under

if TYPE_CHECKING:
    from pathlib import Path

VIRTIO = (
    "NetKVM/w11/amd64/netkvm.inf",
    "NetKVM/w11/ARM64/netkvm.inf",
    "NetKVM/w10/amd64/netkvm.inf",
    "NetKVM/w10/x86/netkvm.inf",
    "NetKVM/2k22/amd64/netkvm.inf",
    "NetKVM/2k22/amd64/deeper/netkvm.dll",
    "viostor/w10/amd64/viostor.inf",
    "viostor/2k19/amd64/viostor.inf",
    "viostor/w7/amd64/viostor.inf",
    "viostor/2k8R2/amd64/viostor.inf",
    "amd64/2k22/viostor.inf",
    "amd64/w10/viostor.inf",
    "i386/w10/viostor.inf",
    "guest-agent/qemu-ga-x86_64.msi",
    "virtio-win-gt-x64.msi",
)


def chosen(names: tuple[str, ...], release: str, architecture: str = "amd64") -> list[str]:
    return [file.name for file in drivers_for([MediaFile(name, b"") for name in names], release, architecture)]


def test_drivers_are_taken_for_the_release_and_the_architecture() -> None:
    assert chosen(VIRTIO, "10", "x86") == ["NetKVM/w10/x86/netkvm.inf"]
    assert chosen(VIRTIO, "11", "arm64") == ["NetKVM/w11/ARM64/netkvm.inf"]
    assert chosen(VIRTIO, "server-2008r2") == ["viostor/2k8R2/amd64/viostor.inf"]


def test_each_driver_comes_from_the_folder_that_suits_the_release_best() -> None:
    assert chosen(VIRTIO, "server-2022") == [
        "NetKVM/2k22/amd64/netkvm.inf",
        "NetKVM/2k22/amd64/deeper/netkvm.dll",
        "viostor/2k19/amd64/viostor.inf",
    ]
    assert chosen(VIRTIO, "11") == ["NetKVM/w11/amd64/netkvm.inf", "viostor/w10/amd64/viostor.inf"]


def test_a_disc_made_before_a_windows_serves_it_by_its_predecessor() -> None:
    assert chosen(VIRTIO, "server-2025") == chosen(VIRTIO, "server-2022")


def test_drivers_gathered_by_architecture_are_taken_only_where_there_are_no_others() -> None:
    gathered = ("amd64/w10/viostor.inf", "amd64/w11/viostor.inf", "i386/w10/viostor.inf", "readme.txt")
    assert chosen(gathered, "11") == ["amd64/w11/viostor.inf"]
    assert chosen(gathered, "10", "x86") == ["i386/w10/viostor.inf"]


def test_a_tree_of_another_shape_is_taken_whole() -> None:
    plain = ("storage/a.inf", "storage/x86/a.sys", "storage/amd64/a.sys", "w10/b.inf")
    assert chosen(plain, "server-2022") == list(plain)


def test_folder_names_are_compared_without_regard_to_case() -> None:
    assert chosen(("vioscsi/2K22/AMD64/a.inf",), "server-2022") == ["vioscsi/2K22/AMD64/a.inf"]


def test_drivers_for_another_architecture_only_are_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"no drivers for 7 on x86; it holds 2k19/amd64, .*w11/arm64"):
        chosen(VIRTIO, "7", "x86")


@pytest.mark.parametrize("release", list(releases()))
def test_every_release_has_folders(release: str) -> None:
    everything = tuple(
        f"d/{system}/amd64/a.inf" for system in ("w7", "w8.1", "w10", "w11", "2k8R2", "2k12", "2k12R2", "2k16", "2k22")
    )
    assert len(chosen(everything, release)) == 1


def test_a_folder_on_the_disk_is_named_below_the_folder_that_setup_looks_in(tmp_path: Path) -> None:
    for name in VIRTIO:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    names = [file.name for file in driver_files(tmp_path, "10", "x86")]
    assert names == [f"{FOLDER}/NetKVM/w10/x86/netkvm.inf"]
    assert driver_files(tmp_path, "10", "x86", below="drivers/x86/w10/")[0].name.endswith("NetKVM/w10/x86/netkvm.inf")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no files"):
        driver_files(tmp_path, "10", "x86")
    with pytest.raises(UnreadableError, match="absent cannot be read"):
        driver_files(tmp_path / "absent", "10", "x86")


def test_a_folder_gives_its_files_by_name_and_only_those_wanted(tmp_path: Path) -> None:
    for name in ("b/c/d.txt", "a.txt", "b/x.iso", ".private/secret"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    wanted = files_under(tmp_path, below="on/", wanted=lambda name: name != ".private" and not name.endswith(".iso"))
    assert [(file.name, file.source) for file in wanted] == [
        ("on/a.txt", tmp_path / "a.txt"),
        ("on/b/c/d.txt", tmp_path / "b/c/d.txt"),
    ]


def test_links_to_files_are_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "again").symlink_to("file")
    assert [file.name for file in files_under(tmp_path)] == ["again", "file"]


@pytest.mark.parametrize(
    ("leads", "reason"), [(".", "link to a folder"), ("absent", "leads nowhere"), (None, "a pipe or a socket")]
)
def test_what_is_no_file_is_not_left_out_in_silence(leads: str | None, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    odd = tmp_path / "odd"
    if leads is None:
        if not hasattr(os, "mkfifo"):
            pytest.skip("this host has no pipes with names")
        os.mkfifo(odd)
    else:
        odd.symlink_to(leads)
    with pytest.raises(UnreadableError, match=f"odd cannot be packed: .*{reason}"):
        files_under(tmp_path)
    assert [file.name for file in files_under(tmp_path, wanted=lambda name: name != "odd")] == ["file"]
