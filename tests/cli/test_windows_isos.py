"""A Windows ISO on the command line: fitted to, injected into, taken back, looked into."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.media.discs import LABEL, WINDOWS, files_of, sha256, windows_disc
from tests.media.wims import DATACENTER, STANDARD, STANDARD_CORE, Described, wim_of
from toolkit.files import NamedFile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Unattend

EVALUATION = Described("Windows Server 2022 SERVERSTANDARD", "ServerStandardEval")


def disc(folder: Path, *images: Described) -> Path:
    others = [file for file in WINDOWS if file.name != "sources/install.wim"]
    return windows_disc(folder / "windows.iso", [*others, NamedFile("sources/install.wim", wim_of(*images))])


@pytest.fixture
def iso(folder: Path) -> Path:
    return disc(folder, STANDARD_CORE, STANDARD, DATACENTER)


def test_in_place_and_back_again_to_the_byte(unattend: Unattend, spec: Path, iso: Path) -> None:
    before = sha256(iso)
    done = unattend("pack-iso", "--inject", iso, "--in-place", "--no-prompt")
    done.ends_with_a_message(0, "added     Autounattend.xml", "undo: unattend pack-iso --revert")
    assert b"/IMAGE/INDEX" in files_of(iso)["Autounattend.xml"]
    assert unattend("pack-iso", "--revert", iso).code == 0
    assert sha256(iso) == before


@pytest.mark.parametrize("option", [["--dry-run"], ["--in-place"], ["--no-prompt"], ["--set", "computer.name=x"]])
def test_what_has_no_part_in_reverting_is_refused_and_nothing_reverted(
    unattend: Unattend, spec: Path, iso: Path, option: list[str]
) -> None:
    unattend("pack-iso", "--inject", iso, "--in-place")
    injected = sha256(iso)
    unattend("pack-iso", "--revert", iso, *option).ends_with_a_message(2, f"{option[0]} cannot be given with --revert")
    assert sha256(iso) == injected


def test_reverting_what_is_not_there_says_to_look_at_the_path(unattend: Unattend) -> None:
    ran = unattend("pack-iso", "--revert", "windows.iso")
    ran.ends_with_a_message(3, "windows.iso cannot be changed: No such file", "Check the path.")
    assert "-o NEW.iso" not in ran.err


def test_the_folder_of_a_new_file_is_made(unattend: Unattend, spec: Path, iso: Path, folder: Path) -> None:
    assert unattend("pack-iso", "--inject", iso, "-o", "new/folder/new.iso").code == 0
    assert "winrmConfig.bat" in files_of(folder / "new" / "folder" / "new.iso")


def test_images_that_are_damaged_within_a_disc_are_named_with_the_disc(
    unattend: Unattend, spec: Path, folder: Path
) -> None:
    windows_disc(folder / "windows.iso")  # whose install.wim is none
    unattend("generate", "--iso", "windows.iso").ends_with_a_message(
        3, "sources/install.wim in windows.iso cannot be read"
    )


def test_a_finding_on_an_answer_file_has_its_path_once(unattend: Unattend, folder: Path) -> None:
    (folder / "mine.xml").write_text('<unattend xmlns="urn:schemas-microsoft-com:unattend"><')
    ran = unattend("inspect", "mine.xml")
    ran.ends_with_a_message(1, "mine.xml:1:")
    assert "mine.xml:mine.xml" not in ran.err


def test_into_a_new_file_leaves_the_old_one_alone(unattend: Unattend, spec: Path, iso: Path, folder: Path) -> None:
    before = sha256(iso)
    assert unattend("pack-iso", "--inject", iso, "-o", "new.iso").code == 0
    assert sha256(iso) == before
    assert "winrmConfig.bat" in files_of(folder / "new.iso")


def test_the_image_is_the_one_that_the_medium_holds(unattend: Unattend, spec: Path, iso: Path, folder: Path) -> None:
    unattend("generate", "--iso", iso)
    answer_file = (folder / "build" / "Autounattend.xml").read_text(encoding="ascii")
    assert "<Key>/IMAGE/INDEX</Key>" in answer_file
    assert "<Value>2</Value>" in answer_file


def test_evaluation_media_are_found_by_their_edition(unattend: Unattend, spec: Path, folder: Path) -> None:
    media = disc(folder, EVALUATION)
    assert unattend("generate", "--iso", media, "--set", "windows.evaluation=true").code == 0


def test_evaluation_media_get_no_key_though_the_spec_says_nothing_of_them(
    unattend: Unattend, spec: Path, folder: Path
) -> None:
    media = disc(folder, EVALUATION)
    done = unattend("generate", "--iso", media)
    assert (done.code, "windows.evaluation=true" in done.err) == (0, True), done.err
    assert "VDYBN" not in (folder / "build" / "Autounattend.xml").read_text(encoding="ascii")
    done = unattend("generate", "--iso", media, "--set", "windows.evaluation=false")
    done.ends_with_a_message(2, "is an evaluation, which takes no product key", "evaluation = true")


def test_an_image_that_the_key_is_not_for_is_refused(unattend: Unattend, spec: Path, iso: Path) -> None:
    third = ("generate", "--iso", iso, "--set", "windows.image_index=3")
    done = unattend(*third)
    done.ends_with_a_message(2, "is ServerDatacenter, and the key is that of the edition standard")
    assert unattend(*third, "--set", "windows.edition=datacenter").code == 0
    assert unattend(*third, "--set", "windows.product_key=none").code == 0


def test_a_medium_of_another_windows_is_refused(unattend: Unattend, spec: Path, iso: Path, folder: Path) -> None:
    done = unattend("generate", "--iso", iso, "--set", "windows.release=server-2019")
    done.ends_with_a_message(2, "holds Windows Server 2022 (build 20348)", 'write release = "server-2022"')
    client = Described("Windows 11 Pro", "Professional", "Client", build=26200)
    named = ("--set", "windows.edition=pro", "--set")
    other = disc(folder, client)
    unattend("generate", "--iso", other, *named, "windows.release=10").ends_with_a_message(2, "holds Windows 11")
    assert unattend("generate", "--iso", other, *named, "windows.release=11").code == 0


@pytest.mark.parametrize("build", ["²", "9" * 5000])
def test_a_build_that_is_no_number_tells_nothing(unattend: Unattend, spec: Path, folder: Path, build: str) -> None:
    media = disc(folder, replace(STANDARD, build=build))
    assert unattend("generate", "--iso", media).code == 0


def test_an_image_that_the_medium_lacks_is_refused_with_what_it_holds(
    unattend: Unattend, spec: Path, iso: Path, folder: Path
) -> None:
    done = unattend("generate", "--iso", iso, "--set", "windows.image_index=7")
    done.ends_with_a_message(2, "the index 7", "2: Windows Server 2022 SERVERSTANDARD (ServerStandard, desktop, amd64")
    assert not (folder / "build" / "Autounattend.xml").exists()


GERMAN = Described("Windows Server 2022 SERVERSTANDARD", languages=("de-DE",))
ON_ARM = Described("Windows 11 Pro", "Professional", "Client", architecture="arm64", build=26100)


def test_what_the_spec_leaves_open_is_taken_from_the_medium(unattend: Unattend, spec: Path, folder: Path) -> None:
    done = unattend("generate", "--iso", disc(folder, GERMAN))
    assert (done.code, "locale.ui_language=de-DE" in done.err) == (0, True)
    answer_file = (folder / "build" / "Autounattend.xml").read_text(encoding="ascii")
    assert "<UILanguage>de-DE</UILanguage>" in answer_file
    client = ("--set", 'windows.release="11"', "--set", "windows.edition=pro")
    arm = disc(folder, ON_ARM)
    commands: tuple[tuple[str | Path, ...], ...] = (
        ("generate", "--iso", arm),
        ("pack-iso", "--inject", arm, "-o", "new.iso"),
    )
    for command in commands:
        done = unattend(*command, *client)
        assert (done.code, "windows.architecture=arm64" in done.err) == (0, True), done.err
    injected = files_of(folder / "new.iso")["Autounattend.xml"]
    assert b'processorArchitecture="arm64"' in injected
    assert b"amd64" not in injected


def test_what_the_spec_says_is_held_against_the_medium(unattend: Unattend, spec: Path, folder: Path) -> None:
    client = ("--set", 'windows.release="11"', "--set", "windows.edition=pro", "--set", "windows.architecture=amd64")
    done = unattend("generate", "--iso", disc(folder, ON_ARM), *client)
    done.ends_with_a_message(2, "the architecture amd64", "1: Windows 11 Pro (Professional, desktop, arm64, en-US)")
    done = unattend("generate", "--iso", disc(folder, GERMAN), "--set", "locale.ui_language=en-US")
    done.ends_with_a_message(2, "speaks de-DE")


def test_a_medium_of_another_language_is_refused(unattend: Unattend, spec: Path, iso: Path) -> None:
    done = unattend("generate", "--iso", iso, "--set", "locale.ui_language=fr-FR")
    done.ends_with_a_message(2, "speaks en-US, de-DE")


def test_a_medium_that_is_no_windows_is_refused(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("pack-iso")
    done = unattend("generate", "--iso", "build/unattend.iso")
    done.ends_with_a_message(3, "holds no Windows images")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--inject", "windows.iso"], "either -o NEW.iso or --in-place"),
        (["--inject", "windows.iso", "--in-place", "-o", "new.iso"], "either -o NEW.iso or --in-place"),
        (["--no-prompt"], "go with --inject"),
        (["--format", "usb"], "--format usb is not known"),
        (["--format", "nocloud", "--label", "X"], "found by its label, cidata"),
        (["--floppy", "--format", "vhd"], "--floppy and --format vhd are two kinds of medium"),
        (["--inject", "windows.iso", "--in-place", "--label", "X"], "--label cannot be given with --inject"),
        (["--inject", "windows.iso", "--in-place", "--floppy"], "--floppy cannot be given with --inject"),
        (["build", "--revert", "windows.iso"], "a spec or folder cannot be given with --revert"),
        (["--revert", "windows.iso", "-o", "x", "--format", "vhd"], "--output and --format cannot be given with --rev"),
        (["--drivers", "nowhere"], "--drivers nowhere is not a folder"),
    ],
)
def test_options_that_do_not_go_together(
    unattend: Unattend, spec: Path, iso: Path, arguments: list[str], message: str
) -> None:
    unattend("pack-iso", *arguments).ends_with_a_message(2, message)


def test_a_dry_run_writes_nothing(unattend: Unattend, spec: Path, iso: Path, folder: Path) -> None:
    before = sha256(iso)
    done = unattend("pack-iso", "--inject", iso, "--in-place", "--dry-run", "--json")
    assert {row["name"] for row in json.loads(done.out)["files"]} >= {"Autounattend.xml", "winrmConfig.bat"}
    assert sha256(iso) == before
    assert unattend("pack-iso", "--dry-run").code == 0
    assert not (folder / "build" / "unattend.iso").exists()


def test_a_dry_run_refuses_what_the_run_would_refuse(unattend: Unattend, folder: Path, iso: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "setup.exe").mkdir()
    (folder / "in" / "setup.exe" / "x").write_bytes(b"1")
    into = ("pack-iso", "in", "--inject", iso)
    for more in (["--in-place"], ["-o", "new.iso"]):
        for dry in ([], ["--dry-run"]):
            unattend(*into, *more, *dry).ends_with_a_message(2, "'setup.exe' is a file in the ISO")
    (folder / "in" / "setup.exe" / "x").rename(folder / "in" / "con.inf")
    (folder / "in" / "big.bin").write_bytes(bytes(1_600_000))
    for dry in ([], ["--dry-run"]):
        unattend("pack-iso", "in", "-o", "x.iso", *dry).ends_with_a_message(2, "name of a device")
    (folder / "in" / "con.inf").unlink()
    for dry in ([], ["--dry-run"]):
        unattend("pack-iso", "in", "--floppy", *dry).ends_with_a_message(2, "142336 bytes too many")
        unattend("pack-iso", "in", "--label", "a/b", *dry).ends_with_a_message(2, "the label 'a/b'")
    assert sorted(path.name for path in folder.glob("*.iso")) == ["windows.iso"]


def test_a_dry_run_needs_an_iso_that_nobody_has_cut_short(unattend: Unattend, spec: Path, iso: Path) -> None:
    with iso.open("r+b") as image:
        image.truncate(iso.stat().st_size - 50_000)
    for dry in ([], ["--dry-run"]):
        done = unattend("pack-iso", "--inject", iso, "--in-place", *dry)
        done.ends_with_a_message(3, "windows.iso", "cut short")
    unattend("inspect", iso).ends_with_a_message(3, "windows.iso")


def test_inspect_tells_what_a_disc_holds(unattend: Unattend, iso: Path) -> None:
    found = json.loads(unattend("inspect", iso, "--json").out)
    assert [system["label"] for system in found["file_systems"]] == [LABEL, LABEL]
    install = {one["name"]: one for one in found["install"]}
    assert [image["index"] for image in install["sources/install.wim"]["images"]] == [1, 2, 3]
    assert "error" in install["sources/boot.wim"]
    page = unattend("inspect", iso).out
    assert "Windows Server 2022 SERVERDATACENTER" in page


def test_inspect_says_what_a_file_is_instead(unattend: Unattend, folder: Path) -> None:
    unattend("inspect", "nowhere.iso").ends_with_a_message(3, "nowhere.iso cannot be read")


def test_drivers_travel_where_setup_loads_them(unattend: Unattend, spec: Path, folder: Path) -> None:
    for name in ("NetKVM/2k22/amd64/netkvm.inf", "NetKVM/w7/x86/netkvm.inf"):
        path = folder / "virtio" / name
        path.parent.mkdir(parents=True)
        path.write_text("[Version]")
    done = unattend("pack-iso", "--drivers", "virtio", "--dry-run", "--json")
    names = {row["name"] for row in json.loads(done.out)["files"]}
    assert "$WinPEDriver$/NetKVM/2k22/amd64/netkvm.inf" in names
    assert not [name for name in names if "w7" in name]


def test_a_vhd_is_packed_with_a_warning(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("pack-iso", "--format", "vhd").ends_with_a_message(0, "Setup looks for answer files on removable drives")
    assert (folder / "build" / "unattend.vhd").is_file()


def test_an_answer_file_that_is_all_mistakes_does_not_drown_its_reader(unattend: Unattend, folder: Path) -> None:
    passes = '<settings pass="none"/>' * 3_000
    (folder / "x.xml").write_text(f'<unattend xmlns="urn:schemas-microsoft-com:unattend">{passes}</unattend>')
    done = unattend("inspect", "x.xml")
    assert done.code == 1
    assert done.err.count('no pass "none"') == 200
    assert "and 2,800 more findings" in done.err
