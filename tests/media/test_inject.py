from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.media.discs import LOADER, SILENT_LOADER, WINDOWS, files_of, sha256, windows_disc
from tests.media.udf.crafted import Disc, file, folder
from toolkit.errors import ToolkitError, UnreadableError, UsageError
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.eltorito import Platform, boot_catalogue
from toolkit.media.inject import Method, inject
from toolkit.media.noprompt import BOOTFIX
from toolkit.media.refusal import MediumError
from toolkit.media.revert import revert
from toolkit.media.udf.blocks import BLOCK
from toolkit.media.undo import record_path

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWERS = (
    NamedFile("Autounattend.xml", b"<unattend/>" * 500),
    NamedFile("sources/$OEM$/$$/Setup/Scripts/winrmConfig.bat", b"@echo off\r\n"),
    NamedFile("Gr\u00fc\u00dfe \u2603.txt", b"hi"),
    NamedFile("empty", b""),
)


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    return windows_disc(tmp_path / "windows.iso")


def contents(files: tuple[NamedFile, ...]) -> dict[str, bytes]:
    return {named.name: named.data for named in files}


def plain(found: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out the folders."""
    return {name: data for name, data in found.items() if not name.endswith("/")}


def test_files_are_added_in_place_and_nothing_else_changes(disc: Path) -> None:
    before = plain(files_of(disc))
    injected = inject(disc, ANSWERS)
    assert plain(files_of(disc)) == before | contents(ANSWERS)
    assert (injected.path, injected.method) == (disc, Method.PATCHED)
    assert set(injected.added) == contents(ANSWERS).keys()
    assert injected.replaced == ()
    assert injected.undo == record_path(disc)
    assert injected.undo.exists()


def test_files_are_added_to_a_copy_and_the_original_stays(disc: Path, tmp_path: Path) -> None:
    before, digest = plain(files_of(disc)), sha256(disc)
    injected = inject(disc, ANSWERS, target=tmp_path / "new.iso")
    assert plain(files_of(injected.path)) == before | contents(ANSWERS)
    assert sha256(disc) == digest
    assert injected.undo is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.iso", "windows.iso"]


def test_a_copy_is_what_the_image_in_place_becomes(disc: Path, tmp_path: Path) -> None:
    inject(disc, ANSWERS, target=tmp_path / "new.iso", no_prompt=True)
    inject(disc, ANSWERS, no_prompt=True)
    assert (tmp_path / "new.iso").read_bytes() == disc.read_bytes()


def test_the_same_files_in_another_order_give_the_same_image(disc: Path, tmp_path: Path) -> None:
    first = inject(disc, ANSWERS, target=tmp_path / "1.iso").path
    second = inject(disc, ANSWERS[::-1], target=tmp_path / "2.iso").path
    assert first.read_bytes() == second.read_bytes()


def test_only_what_is_new_is_written_in_place(disc: Path) -> None:
    before = disc.read_bytes()
    injected = inject(disc, ANSWERS)
    after = disc.read_bytes()
    changed = [at for at in range(0, len(before), BLOCK) if before[at : at + BLOCK] != after[at : at + BLOCK]]
    assert len(changed) <= 8
    assert injected.bytes_written <= 40 * BLOCK


def test_a_file_takes_the_place_of_one_that_differs_in_case_only(disc: Path) -> None:
    injected = inject(disc, [NamedFile("SETUP.EXE", b"new"), NamedFile("Sources/Boot.WIM", b"newer")])
    found = plain(files_of(disc))
    assert (found["setup.exe"], found["sources/boot.wim"]) == (b"new", b"newer")
    assert "SETUP.EXE" not in found
    assert set(injected.replaced) == {"setup.exe", "sources/boot.wim"}
    assert injected.added == ()


def test_every_conflict_of_files_and_folders_is_told_at_once(disc: Path) -> None:
    digest = sha256(disc)
    with pytest.raises(MediumError) as caught:
        inject(disc, [NamedFile("sources", b""), NamedFile("Setup.exe/x", b""), NamedFile("efi/microsoft", b"")])
    assert len(caught.value.problems) == 3
    assert sha256(disc) == digest
    assert not record_path(disc).exists()


@pytest.mark.parametrize("name", ["a:b", "x.", "NUL", "a//b", "\u2603" * 128, "a" * 255])
def test_names_that_windows_or_udf_cannot_hold_are_refused(name: str, disc: Path) -> None:
    with pytest.raises(MediumError):
        inject(disc, [NamedFile(name, b"")])


@pytest.mark.parametrize("name", ["\u2603" * 127, "a" * 254, "\u00fc" * 254])
def test_the_longest_names_of_udf_are_kept(name: str, disc: Path) -> None:
    inject(disc, [NamedFile(name, b"x")])
    assert files_of(disc)[name] == b"x"


def test_reverting_restores_every_byte(disc: Path) -> None:
    digest, size = sha256(disc), disc.stat().st_size
    inject(disc, ANSWERS)
    reverted = revert(disc)
    assert sha256(disc) == digest
    assert reverted.size == size
    assert not record_path(disc).exists()


def test_stacked_injections_are_reverted_together(disc: Path) -> None:
    digest = sha256(disc)
    for number in range(6):
        name = f"sources/$OEM$/$1/{number % 3}/file {number}.txt"
        inject(disc, [NamedFile(name, b"x" * number * 1000), NamedFile("Autounattend.xml", b"%d" % number)])
    found = plain(files_of(disc))
    assert found["Autounattend.xml"] == b"5"
    assert sum(name.startswith("sources/$OEM$") for name in found) == 6
    revert(disc)
    assert sha256(disc) == digest


def test_an_image_that_was_reverted_can_be_injected_again(disc: Path) -> None:
    digest = sha256(disc)
    inject(disc, ANSWERS)
    once = disc.read_bytes()
    revert(disc)
    inject(disc, ANSWERS)
    assert disc.read_bytes() == once
    revert(disc)
    assert sha256(disc) == digest


@pytest.mark.parametrize("where", ["a patched sector", "the appended bytes", "the length"])
def test_an_image_that_changed_since_is_not_reverted(where: str, disc: Path) -> None:
    inject(disc, ANSWERS)
    with disc.open("r+b") as image:
        match where:
            case "a patched sector":
                image.seek(34 * BLOCK + 100)
            case "the appended bytes":
                image.seek(-3 * BLOCK + 7, os.SEEK_END)
            case _:
                image.seek(0, os.SEEK_END)
        image.write(b"somebody else")
    changed = sha256(disc)
    with pytest.raises(UnreadableError, match="not as the injection left it"):
        revert(disc)
    with pytest.raises(UnreadableError, match="has been changed since"):
        inject(disc, ANSWERS)
    assert sha256(disc) == changed
    assert record_path(disc).exists()


def test_what_was_never_injected_cannot_be_reverted(disc: Path) -> None:
    with pytest.raises(UnreadableError, match=r"windows\.iso\.unattend-undo is not beside it"):
        revert(disc)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"format": "unattend-undo 1", "sectors": 5}'])
def test_a_damaged_record_is_called_that(content: bytes, disc: Path) -> None:
    record_path(disc).write_bytes(content)
    for act in (revert, lambda path: inject(path, ANSWERS)):
        with pytest.raises(UnreadableError, match="is damaged"):
            act(disc)


def uefi_block(path: Path) -> int:
    with path.open("rb") as image:
        catalogue = boot_catalogue(image)
    assert catalogue is not None
    (block,) = (entry.block for entry in catalogue.entries if entry.platform == Platform.UEFI)
    return block


def test_without_a_prompt_the_silent_loader_is_started(disc: Path) -> None:
    digest = sha256(disc)
    assert disc.read_bytes()[uefi_block(disc) * BLOCK :].startswith(LOADER)
    inject(disc, ANSWERS, no_prompt=True)
    assert disc.read_bytes()[uefi_block(disc) * BLOCK :].startswith(SILENT_LOADER)
    assert BOOTFIX not in files_of(disc)
    revert(disc)
    assert sha256(disc) == digest
    assert BOOTFIX in files_of(disc)


def test_removing_the_prompt_is_a_change_of_its_own_and_done_once(disc: Path) -> None:
    before = files_of(disc)
    inject(disc, [], no_prompt=True)
    once = disc.read_bytes()
    assert files_of(disc).keys() == before.keys() - {BOOTFIX}
    assert inject(disc, [], no_prompt=True).bytes_written == 0
    assert disc.read_bytes() == once


def test_a_bootfix_of_the_users_own_is_put_there(disc: Path) -> None:
    inject(disc, [NamedFile("Boot/Bootfix.bin", b"mine")], no_prompt=True)
    assert files_of(disc)[BOOTFIX] == b"mine"


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ("efi/microsoft/boot/efisys_noprompt.bin", "does not hold efi/microsoft/boot/efisys_noprompt.bin"),
        ("boot/", "neither a UEFI boot entry nor boot/bootfix.bin"),
    ],
)
def test_a_disc_whose_prompt_cannot_be_removed_says_why(left_out: str, reason: str, tmp_path: Path) -> None:
    kept = [named for named in WINDOWS if not named.name.startswith(left_out)]
    disc = windows_disc(tmp_path / "x.iso", kept)
    digest = sha256(disc)
    with pytest.raises(UsageError, match=reason):
        inject(disc, ANSWERS, no_prompt=True)
    assert sha256(disc) == digest


def test_nothing_to_inject_is_a_usage_error(disc: Path) -> None:
    with pytest.raises(UsageError, match="nothing to inject"):
        inject(disc, [])


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(ToolkitError) as caught:
        act()
    return caught.value.message


def test_an_image_is_refused_as_its_own_input(disc: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.iso"
    link.symlink_to(disc)
    itself = [MediaFile("copy.iso", link)]
    assert "cannot be put into itself" in refusal(lambda: inject(disc, itself))
    assert "cannot be put into itself" in refusal(lambda: inject(disc, itself, target=tmp_path / "new.iso"))
    assert "is the image itself" in refusal(lambda: inject(disc, ANSWERS, target=link))


def test_what_is_no_iso_says_what_it_looks_like(tmp_path: Path) -> None:
    text = tmp_path / "x.iso"
    text.write_bytes(b"hello")
    assert "looks like a text file" in refusal(lambda: inject(text, ANSWERS))
    assert "it is a folder" in refusal(lambda: inject(tmp_path, ANSWERS))
    assert "No such file" in refusal(lambda: inject(tmp_path / "none.iso", ANSWERS))


def test_a_download_that_was_cut_short_is_refused(disc: Path, tmp_path: Path) -> None:
    whole = disc.read_bytes()
    disc.write_bytes(whole[: -50 * BLOCK])
    assert "cut short" in refusal(lambda: inject(disc, ANSWERS))
    assert "cut short" in refusal(lambda: inject(disc, ANSWERS, target=tmp_path / "new.iso"))
    assert disc.read_bytes() == whole[: -50 * BLOCK]
    assert [path.name for path in tmp_path.iterdir()] == ["windows.iso"]


def test_a_read_only_image_is_refused_in_place_and_copied_otherwise(disc: Path, tmp_path: Path) -> None:
    disc.chmod(0o444)
    assert "it is read-only" in refusal(lambda: inject(disc, ANSWERS))
    assert inject(disc, ANSWERS, target=tmp_path / "new.iso").method is Method.PATCHED


@pytest.mark.skipif(sys.platform == "win32", reason="locks of other programs show as sharing violations there")
@pytest.mark.parametrize("lock", ["flock", "lockf"])
def test_an_image_that_another_program_holds_is_refused(lock: str, disc: Path) -> None:
    code = (
        "import fcntl, sys\n"
        f"image = open({str(disc)!r}, 'r+b')\n"
        f"fcntl.{lock}(image, fcntl.LOCK_SH if {lock!r} == 'flock' else fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert "open in another program" in refusal(lambda: inject(disc, ANSWERS))
        assert "open in another program" in refusal(lambda: revert(disc))
        assert holder.stdin is not None
        holder.stdin.close()
    assert inject(disc, ANSWERS).method is Method.PATCHED


def test_an_image_through_a_link_keeps_its_record_beside_itself(disc: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "link.iso").symlink_to(disc)
    digest = sha256(disc)
    assert inject(elsewhere / "link.iso", ANSWERS).undo == record_path(disc)
    revert(elsewhere / "link.iso")
    assert sha256(disc) == digest


def test_a_source_that_changes_meanwhile_leaves_the_image_as_it_was(disc: Path, tmp_path: Path) -> None:
    digest = sha256(disc)
    driver = tmp_path / "driver.sys"
    driver.write_bytes(b"x" * (3 << 20))

    def change(_done: int, _total: int) -> None:
        with driver.open("r+b") as stream:
            stream.write(b"other")
        os.utime(driver, ns=(1, 1))

    with pytest.raises(UnreadableError, match="changed while it was being read"):
        inject(disc, [MediaFile("driver.sys", driver)], progress=change)
    assert sha256(disc) == digest
    assert not record_path(disc).exists()


def test_what_does_not_read_back_is_taken_back_at_once(disc: Path) -> None:
    """A failing disk changes what was written, here while the rest is still being written."""
    digest = sha256(disc)
    size = disc.stat().st_size

    def fail(_done: int, _total: int) -> None:
        with disc.open("r+b") as image:
            image.seek(size + 5000)
            image.write(b"rot")

    with pytest.raises(UnreadableError, match="does not read back as it was"):
        inject(disc, [NamedFile("large", b"x" * (3 << 20))], progress=fail)
    assert sha256(disc) == digest
    assert not record_path(disc).exists()


def test_a_copy_that_does_not_read_back_is_not_kept(disc: Path, tmp_path: Path) -> None:
    (size,) = {disc.stat().st_size}

    def fail(done: int, _total: int) -> None:
        if done > size:
            (part,) = tmp_path.glob(".new.iso.*")
            with part.open("r+b") as image:
                image.seek(size + 5000)
                image.write(b"rot")

    with pytest.raises(UnreadableError, match="does not read back as it was"):
        inject(disc, [NamedFile("large", b"x" * (3 << 20))], target=tmp_path / "new.iso", progress=fail)
    assert [path.name for path in tmp_path.iterdir()] == ["windows.iso"]


def test_a_copy_over_an_image_that_was_injected_leaves_no_record_of_that(disc: Path, tmp_path: Path) -> None:
    other = windows_disc(tmp_path / "other.iso")
    inject(other, ANSWERS)
    inject(disc, ANSWERS, target=other)
    assert not record_path(other).exists()
    inject(other, ANSWERS)


@pytest.mark.parametrize("earlier", [False, True])
def test_an_interruption_leaves_the_image_and_its_record_as_they_were(earlier: bool, disc: Path) -> None:  # noqa: FBT001  (a parameter of the test)
    if earlier:
        inject(disc, ANSWERS[:1])
    digest = sha256(disc)
    record = record_path(disc).read_bytes() if earlier else None
    calls = 0

    def interrupt(_done: int, _total: int) -> None:
        """Let the second report, which is that of reading back, be Ctrl-C."""
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inject(disc, [NamedFile("new", b"x" * 5000)], progress=interrupt)
    assert sha256(disc) == digest
    assert (record_path(disc).read_bytes() if record_path(disc).exists() else None) == record


def test_progress_goes_from_nothing_to_everything(disc: Path, tmp_path: Path) -> None:
    for target in (None, tmp_path / "new.iso"):
        told: list[tuple[int, int]] = []
        inject(disc, ANSWERS, target=target, progress=lambda done, total, told=told: told.append((done, total)))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        assert len({total for _, total in told}) == 1
        assert told[-1][0] == told[-1][1]


def test_an_image_whose_last_sector_is_not_whole_is_reverted_to_the_byte(disc: Path) -> None:
    with disc.open("ab") as image:
        image.write(b"trailing bytes")
    digest = sha256(disc)
    inject(disc, ANSWERS)
    assert files_of(disc).items() >= contents(ANSWERS).items()
    revert(disc)
    assert sha256(disc) == digest


def test_a_full_disk_leaves_the_image_as_it_was(disc: Path) -> None:
    """The limit on a file's size stands for a full disk: the append fails in the middle."""
    if sys.platform == "win32":
        pytest.skip("there are no such limits")
    digest = sha256(disc)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (disc.stat().st_size + 100_000, hard))
    try:
        message = refusal(lambda: inject(disc, [NamedFile("large", b"x" * 1_000_000)]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be changed" in message
    assert sha256(disc) == digest
    assert not record_path(disc).exists()


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (Disc(folder({"x": file(b"y")}), integrity_kind=0), "was not closed"),
        (Disc(folder({"x": file(b"y")}), space=struct.pack("<II", 2048, 5)), "list of its free space"),
        (Disc(folder({"x": file(b"y")}), maps=bytes([2, 6, 0, 0, 0, 0])), "virtual, sparable or metadata"),
    ],
)
def test_a_volume_that_cannot_grow_is_refused_in_place(odd: Disc, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "x.iso"
    image = odd.image()
    path.write_bytes(image)
    message = refusal(lambda: inject(path, ANSWERS))
    assert "cannot be changed in place" in message
    assert reason in message
    assert path.read_bytes() == image


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells a process's peak in /proc")
@pytest.mark.parametrize("target", ["None", "path.with_name('new.iso')"])
def test_a_large_file_is_not_held_in_memory(target: str, disc: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as stream:
        stream.truncate(200 << 20)
    code = (
        "from pathlib import Path\n"
        "from toolkit.media.content import MediaFile\n"
        "from toolkit.media.inject import inject\n"
        f"path, big = Path({str(disc)!r}), Path({str(big)!r})\n"
        f"inject(path, [MediaFile('big', big)], target={target})\n"
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert int(done.stdout) < 64 << 10  # in KiB
