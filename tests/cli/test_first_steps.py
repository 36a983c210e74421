"""From an empty folder to a medium, by the commands alone."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from tests.cli.conftest import ROOT
from toolkit.media.pack import contents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Unattend

ON_MEDIUM = {"Autounattend.xml", "winrmConfig.bat", "winrmClose.bat", "manifest.json"}


def test_the_list_of_commands_is_whole_on_a_narrow_terminal(unattend: Unattend) -> None:
    wide, narrow = (unattend("--help", COLUMNS=columns).out.split("Commands:")[1].split() for columns in ("80", "40"))
    assert wide == narrow
    assert "..." not in " ".join(narrow)


def test_without_a_spec_the_message_names_init(unattend: Unattend) -> None:
    unattend("generate").ends_with_a_message(3, "no unattend.toml in this folder", "unattend init")


def test_what_init_writes_works_as_it_stands(unattend: Unattend, folder: Path) -> None:
    assert unattend("init").code == 0
    assert unattend("generate").code == 0
    assert unattend("pack-iso").code == 0
    assert {file.name for file in contents(folder / "build" / "unattend.iso")} == ON_MEDIUM


def test_init_takes_a_release_and_an_edition(unattend: Unattend, folder: Path) -> None:
    assert unattend("init", "--release", "11", "--edition", "enterprise", "-o", "eleven.toml").code == 0
    windows = tomllib.loads((folder / "eleven.toml").read_text(encoding="utf-8"))["windows"]
    assert windows == {"release": "11", "edition": "enterprise"}


def test_init_names_the_spec_that_the_next_commands_need(unattend: Unattend, folder: Path) -> None:
    unattend("init", "-o", "my spec.toml").ends_with_a_message(
        0, "unattend generate 'my spec.toml'", "unattend verify-winrm HOST --spec 'my spec.toml'"
    )
    assert "spec" not in unattend("init").err


def test_init_never_writes_over_a_spec(unattend: Unattend, spec: Path) -> None:
    before = spec.read_bytes()
    unattend("init").ends_with_a_message(3, "is already there")
    assert spec.read_bytes() == before


def test_init_suggests_the_release_that_was_meant(unattend: Unattend) -> None:
    unattend("init", "--release", "server-2023").ends_with_a_message(
        2, 'the release "server-2023" is not known', "server-2022"
    )


def test_generate_prints_what_it_wrote_and_keeps_it_private(unattend: Unattend, spec: Path, folder: Path) -> None:
    done = unattend("generate")
    written = [folder / line for line in done.out.splitlines()]
    assert {path.name for path in written} > ON_MEDIUM
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)


def test_a_random_password_is_made_once_and_used_by_every_command(unattend: Unattend, folder: Path) -> None:
    unattend("init")
    unattend("generate")
    first = (folder / "build" / "Autounattend.xml").read_bytes()
    unattend("generate")
    assert (folder / "build" / "Autounattend.xml").read_bytes() == first


def test_a_random_password_never_reaches_the_terminal_or_the_manifest(unattend: Unattend, folder: Path) -> None:
    unattend("init")
    outcomes = [unattend("generate", "--json"), unattend("pack-iso", "--json"), unattend("rehearse", "--json")]
    [password] = json.loads((folder / "build" / "private" / "secrets.json").read_text()).values()
    assert not [outcome for outcome in outcomes if password in outcome.out + outcome.err]
    assert password not in (folder / "build" / "manifest.json").read_text()


def test_a_generated_folder_packs_to_the_same_medium_as_its_spec(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate")
    unattend("pack-iso")
    unattend("pack-iso", "build", "-o", "again.iso")
    assert (folder / "again.iso").read_bytes() == (folder / "build" / "unattend.iso").read_bytes()


def test_what_the_spec_no_longer_gives_does_not_travel(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate", "--set", 'commands=[{run="x", phase="setup-complete"}]')
    cloud = unattend("generate", "--for", "ec2").out.strip()
    scripts = folder / "build" / "$OEM$" / "$$" / "Setup" / "Scripts"
    changed, mine = scripts / "unattend" / "setup-complete.cmd", folder / "build" / "mine.txt"
    changed.write_text("changed by hand")
    mine.write_text("mine")
    assert (scripts / "SetupComplete.cmd").exists()
    ran = unattend("generate")
    assert f"removed {(scripts / 'SetupComplete.cmd').relative_to(folder)}, which the spec no longer gives" in ran.err
    assert [path for path in scripts.rglob("*") if path.is_file()] == [changed]
    assert mine.exists()
    assert (folder / cloud).exists()


def test_a_manifest_of_another_kind_removes_nothing(unattend: Unattend, spec: Path, folder: Path) -> None:
    (folder / "outside.txt").write_text("mine")
    sha256 = hashlib.sha256(b"mine").hexdigest()
    (folder / "build").mkdir()
    for content in ([1], {"files": 1}, {"files": [{"name": "../outside.txt", "sha256": sha256}]}):
        (folder / "build" / "manifest.json").write_text(json.dumps(content))
        assert unattend("generate").code == 0
    assert (folder / "outside.txt").read_text() == "mine"


def test_a_medium_that_is_not_what_generate_left_is_warned_of(unattend: Unattend, spec: Path) -> None:
    unattend("generate", "--set", "computer.name=other")
    ran = unattend("pack-iso")
    ran.ends_with_a_message(0, "build holds another Autounattend.xml", "unattend pack-iso build")
    assert "another" not in unattend("pack-iso", "--set", "computer.name=other").err
    assert "another" not in unattend("pack-iso", "build").err


def test_what_a_folder_holds_and_the_medium_does_not_is_named(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate")
    unattend("generate", "--for", "ec2")
    (folder / "build" / "virtio-win.iso").write_bytes(b"drivers")
    ran = unattend("pack-iso", "build")
    ran.ends_with_a_message(0, "left out, since it does not travel: cloud, handoff, virtio-win.iso")
    assert {file.name for file in contents(folder / "build" / "unattend.iso")} == ON_MEDIUM


def test_a_certificate_is_renewed_where_there_is_one(unattend: Unattend, spec: Path) -> None:
    unattend("generate", "--renew-certificate").ends_with_a_message(2, "no certificate", "winrm_use_ssl = true")
    assert unattend("generate", "--renew-certificate", "--set", "communicator.winrm_use_ssl=true").code == 0


def test_private_things_and_images_never_travel(unattend: Unattend, folder: Path) -> None:
    unattend("init")
    unattend("generate")
    unattend("pack-iso")
    unattend("pack-iso", "build", "-o", "all.iso")
    assert {file.name for file in contents(folder / "all.iso")} == ON_MEDIUM


def test_what_a_killed_process_left_half_written_does_not_travel(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate")
    killed = (
        "import os, pathlib, toolkit.files\n"
        "with toolkit.files.whole_file(pathlib.Path('build/winrm.pfx')) as stream:\n"
        "    os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", killed], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert len(list((folder / "build").glob(".winrm.pfx.*"))) == 1
    unattend("pack-iso", "build")
    assert {file.name for file in contents(folder / "build" / "unattend.iso")} == ON_MEDIUM


def test_a_spec_from_stdin_is_utf_8_in_every_locale(unattend: Unattend, spec: Path) -> None:
    text = spec.read_text().replace('"sim"', '"sim"\nowner = "J\N{LATIN SMALL LETTER O WITH DIAERESIS}rg"')
    assert unattend("generate", "-", "-o", "out", stdin=text, PYTHONIOENCODING="latin-1").code == 0
    assert "J&#246;rg" in (spec.parent / "out" / "Autounattend.xml").read_text()


def test_a_spec_can_come_from_stdin(unattend: Unattend, spec: Path, folder: Path) -> None:
    text = spec.read_text(encoding="utf-8")
    assert unattend("generate", "-", "-o", "out", stdin=text).code == 0
    assert (folder / "out" / "Autounattend.xml").is_file()


def test_set_lays_a_value_over_the_spec(unattend: Unattend, spec: Path, folder: Path) -> None:
    unattend("generate", "--set", "computer.name=other", "--set", "disk.firmware=uefi")
    manifest = json.loads((folder / "build" / "manifest.json").read_text())
    assert (manifest["host_name"], manifest["windows"]["firmware"]) == ("other", "uefi")


def test_extra_files_travel_under_their_target_names(unattend: Unattend, spec: Path, folder: Path) -> None:
    (folder / "tool.ps1").write_text("'hi'", encoding="utf-8")
    with spec.open("a", encoding="utf-8") as stream:
        stream.write('[[media.files]]\nsource = "tool.ps1"\ntarget = "scripts/Tool.ps1"\n')
    unattend("pack-iso")
    files = {file.name: file.data for file in contents(folder / "build" / "unattend.iso")}
    assert files["scripts/Tool.ps1"] == b"'hi'"


def test_a_floppy_for_a_uefi_guest_is_packed_with_a_warning(unattend: Unattend, spec: Path, folder: Path) -> None:
    done = unattend("pack-iso", "--floppy", "--set", "disk.firmware=uefi")
    done.ends_with_a_message(0, "do not read floppies")
    assert (folder / "build" / "unattend.img").stat().st_size == 1_474_560


def test_schema_prints_json(unattend: Unattend) -> None:
    assert json.loads(unattend("schema").out)["title"] == "unattend.toml"


def test_a_name_too_long_for_joliet_adds_udf_and_that_is_said(unattend: Unattend, folder: Path) -> None:
    (folder / "in").mkdir()
    long = "n" * 90 + ".inf"
    (folder / "in" / long).write_bytes(b"long")
    (folder / "in" / "short.inf").write_bytes(b"short")
    assert "UDF was added for 1 of them" in unattend("pack-iso", "in", "-o", "x.iso").err
    told = json.loads(unattend("pack-iso", "in", "-o", "x.iso", "--json").out)
    assert told["file_systems"] == ["ISO9660", "Joliet", "UDF"]
    assert told["shortened"] == {long: "n" * 60 + ".inf"}
    (folder / "in" / long).unlink()
    done = unattend("pack-iso", "in", "-o", "x.iso")
    assert (done.code, "UDF" in done.err) == (0, False)
    assert json.loads(unattend("pack-iso", "in", "-o", "x.iso", "--json").out)["file_systems"] == ["ISO9660", "Joliet"]


def test_media_for_cloudbase_init_carry_the_bootstrap_as_user_data(
    unattend: Unattend, spec: Path, folder: Path
) -> None:
    unattend("generate", "--for", "cloudbase")
    user_data = (folder / "build" / "cloud" / "cloudbase-user-data.ps1").read_bytes()
    for form, name in (("nocloud", "user-data"), ("configdrive", "openstack/latest/user_data")):
        assert unattend("pack-iso", "--format", form, "-o", "cloud.iso").code == 0
        held = {file.name: file.data for file in contents(folder / "cloud.iso")}
        assert held[name] == user_data
    (folder / "none.toml").write_text(
        '[windows]\nrelease = "10"\nedition = "pro"\n[communicator]\ncommunicator = "none"\n'
    )
    assert unattend("pack-iso", "none.toml", "--format", "nocloud", "-o", "cloud.iso").code == 0
    assert {file.name: file.data for file in contents(folder / "cloud.iso")}["user-data"] == b""


def test_folders_of_the_spec_travel_with_all_below_them(unattend: Unattend, spec: Path, folder: Path) -> None:
    (folder / "oem" / "$$" / "Setup" / "Scripts").mkdir(parents=True)
    (folder / "oem" / "$$" / "Setup" / "Scripts" / "SetupComplete.cmd").write_bytes(b"exit /b 0\r\n")
    spec.write_text(spec.read_text() + '\n[media]\nfiles = [{ source = "oem", target = "$OEM$" }]\n')
    assert unattend("pack-iso").code == 0
    held = {file.name for file in contents(folder / "build" / "unattend.iso")}
    assert held >= {"Autounattend.xml", "$OEM$/$$/Setup/Scripts/SetupComplete.cmd"}
