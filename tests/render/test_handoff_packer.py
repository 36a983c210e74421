from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.guests import bootstrap, guest, ssh, winrm
from toolkit.render.handoff import packer
from toolkit.render.runner.build_end import shutdown_command
from toolkit.secret import Secret
from toolkit.spec.guest import (
    Communicator,
    Consumer,
    ExtraFile,
    Find,
    Firmware,
    Guest,
    GuestMade,
    Media,
    NoCommunicator,
    OwnPfx,
    Style,
    Winrm,
)
from toolkit.spec.work import Sysprep

MEDIUM = ("Autounattend.xml", "winrmConfig.bat")

# hashicorp/packer-plugin-sdk communicator/config.go, and the qemu builder's reference.
KNOWN = {
    *("communicator", "pause_before_connecting", "shutdown_command"),
    *("winrm_username", "winrm_password", "winrm_host", "winrm_port", "winrm_timeout"),
    *("winrm_use_ssl", "winrm_insecure", "winrm_use_ntlm", "winrm_no_proxy"),
    *("ssh_username", "ssh_password", "ssh_host", "ssh_port", "ssh_timeout", "ssh_file_transfer_method"),
    *("type", "name", "iso_url", "iso_checksum", "floppy_files", "cd_files", "cd_label"),
}


def builder(wanted: Guest) -> dict[str, Any]:
    template = json.loads(packer.json_template(wanted, MEDIUM))
    (only,) = template["builders"]
    return dict(only)


def attributes(wanted: Guest) -> dict[str, str]:
    """Read the source block's attributes, which stand one on a line, lists apart."""
    text = packer.hcl(wanted, MEDIUM)
    block = text.partition('source "')[2].partition("\n}")[0]
    return dict(re.findall(r"^  (\w+) += ([^\[\n]+|\[[^\]]+\])$", block, re.MULTILINE))


def test_the_smallest_template_says_what_packer_cannot_guess() -> None:
    assert builder(guest(settings=bootstrap(consumer=Consumer.ANY))) == {
        "type": "qemu",
        "name": "windows",
        "iso_url": "{{user `iso_url`}}",
        "iso_checksum": "{{user `iso_checksum`}}",
        "cd_files": ["{{template_dir}}/../Autounattend.xml", "{{template_dir}}/../winrmConfig.bat"],
        "cd_label": "UNATTEND",
        "communicator": "winrm",
        "winrm_username": "packeruser",
        "winrm_password": "{{user `winrm_password`}}",
        "winrm_timeout": "30m",
        "shutdown_command": 'shutdown /s /t 10 /f /d p:4:1 /c "Packer Shutdown"',
    }


@pytest.mark.parametrize(
    ("communicator", "options"),
    [
        (winrm(ssl=True), {"winrm_use_ssl": True, "winrm_insecure": True}),
        (winrm(ntlm=True), {"winrm_use_ntlm": True}),
        (winrm(port=8080), {"winrm_port": 8080}),
        (winrm(ssl=True, port=8443), {"winrm_port": 8443}),
        (replace(winrm(), host="10.0.0.5"), {"winrm_host": "10.0.0.5"}),
        (replace(winrm(), pause=90), {"pause_before_connecting": "1m30s"}),
        (
            ssh(port=2222),
            {"communicator": "ssh", "ssh_port": 2222, "ssh_timeout": "5m", "ssh_file_transfer_method": "sftp"},
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_line_of_the_spec_becomes_packers_own_option(
    communicator: Communicator, options: dict[str, object]
) -> None:
    written = builder(guest(communicator))
    assert {name: written.get(name) for name in options} == options


@pytest.mark.parametrize("communicator", [winrm(), winrm(ssl=True, port=1), ssh(port=2), NoCommunicator()], ids=str)
def test_only_options_that_packer_has_are_written_and_both_languages_have_the_same(communicator: Communicator) -> None:
    names = set(builder(guest(communicator)))
    assert names <= KNOWN
    assert set(attributes(guest(communicator))) == names - {"type", "name"}


def test_a_guest_that_only_packer_uses_is_closed_as_it_is_turned_off() -> None:
    close = r'cmd.exe /d /c "%ProgramData%\unattend\winrmClose.bat" shutdown'
    assert builder(guest(settings=bootstrap(consumer=Consumer.PACKER)))["shutdown_command"] == close
    for others in (Consumer.ANY, Consumer.VAGRANT, Consumer.ANSIBLE):
        template = json.loads(packer.json_template(guest(settings=bootstrap(consumer=others)), MEDIUM))
        assert template["builders"][0]["shutdown_command"].startswith("shutdown /s ")
        assert close in template["_shutdown_command"]


def test_a_build_with_an_end_of_its_own_ends_that_way() -> None:
    ended = replace(guest(), sysprep=Sysprep())
    assert builder(ended)["shutdown_command"] == shutdown_command(ended)


def test_the_plain_style_has_nothing_to_close_with() -> None:
    assert builder(guest(settings=bootstrap(Style.PLAIN)))["shutdown_command"].startswith("shutdown /s ")


def test_the_port_is_left_out_where_it_is_packers_default() -> None:
    assert "winrm_port" not in builder(guest(winrm()))
    assert "winrm_port" not in builder(guest(winrm(ssl=True)))
    assert "ssh_port" not in builder(guest(ssh()))


def test_a_name_is_quoted_for_packers_templates_in_both_languages() -> None:
    """To the builders every string is a Go template, whatever language it came in."""
    named = guest(replace(winrm(), username="{{x}}"))
    assert builder(named)["winrm_username"] == "{{`{{`}}x}}"
    assert attributes(named)["winrm_username"] == '"{{`{{`}}x}}"'


def test_a_password_that_begins_a_template_is_quoted_where_the_language_can() -> None:
    braces = guest(replace(winrm(), password=Secret("a{{b")))
    assert attributes(braces)["winrm_password"] == 'replace(var.winrm_password, "{{", "{{`{{`}}")'
    assert "a{{b" not in packer.hcl(braces, MEDIUM)
    assert "JSON" in json.loads(packer.json_template(braces, MEDIUM))["_winrm_password"]


def test_no_communicator_is_said_so_and_nothing_shuts_the_guest_down() -> None:
    written = builder(guest(NoCommunicator()))
    assert written["communicator"] == "none"
    assert not {name for name in written if name.startswith(("winrm_", "ssh_", "shutdown"))}
    assert "winrm_password" not in packer.hcl(guest(NoCommunicator()), MEDIUM)


@pytest.mark.parametrize(
    ("find", "firmware", "option"),
    [
        (Find.MARKER, Firmware.UEFI, "cd_files"),
        (Find.MARKER, Firmware.BIOS, "floppy_files"),
        (Find.FLOPPY, Firmware.BIOS, "floppy_files"),
        (Find.FLOPPY, Firmware.UEFI, "floppy_files"),
    ],
)
def test_the_medium_is_one_that_the_guest_reads(find: Find, firmware: Firmware, option: str) -> None:
    base = guest(settings=bootstrap(find=find))
    written = builder(replace(base, disk=replace(base.disk, firmware=firmware)))
    assert {"cd_files", "floppy_files"} & set(written) == {option}
    assert ("cd_label" in written) == (option == "cd_files")


def test_the_users_own_files_are_named_where_they_have_to_be_added_by_hand() -> None:
    own = replace(guest(), media=Media(label="UNATTEND", files=(ExtraFile(Path("a.msi"), "tools/a.msi"),)))
    assert "medium: tools/a.msi. " in packer.hcl(own, MEDIUM)
    assert "medium: tools/a.msi. " in json.loads(packer.json_template(own, MEDIUM))["_comment"]


@pytest.mark.parametrize("source", ["a\nb.toml", "\udcc3\udcbcbung.toml"])
def test_a_spec_may_have_any_name(source: str) -> None:
    first = packer.hcl(replace(guest(), source=source), MEDIUM).partition("\n")[0]
    assert first == f"# Packer settings for the guest that {source!a} describes, made with its medium."
    assert ascii(source) in json.loads(packer.json_template(replace(guest(), source=source), MEDIUM))["_comment"]


@pytest.mark.parametrize("source", ["lab/unattend.toml", r"C:\Users\me\lab\unattend.toml", "unattend.toml"])
def test_the_spec_is_named_without_the_folders_of_this_host(source: str) -> None:
    first = packer.hcl(replace(guest(), source=source), MEDIUM).partition("\n")[0]
    assert first == "# Packer settings for the guest that unattend.toml describes, made with its medium."


def test_a_certificate_of_the_users_is_checked_unless_the_spec_says_otherwise() -> None:
    own = replace(bootstrap(), certificate=OwnPfx("own.pfx", b"", Secret("x")))
    assert "winrm_insecure" not in builder(guest(winrm(ssl=True), own))
    assert builder(guest(replace(winrm(ssl=True), insecure=True), own))["winrm_insecure"] is True


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (bootstrap(), "Packer has no option for an authority"),
        (replace(bootstrap(), certificate=GuestMade()), "The guest makes its certificate itself"),
    ],
    ids=["host", "guest"],
)
def test_a_certificate_that_packer_cannot_check_is_said_so(settings: Any, said: str) -> None:
    hcl, template = (write(guest(winrm(ssl=True), settings), MEDIUM) for write in (packer.hcl, packer.json_template))
    assert said in json.loads(template)["_winrm_insecure"]
    assert f"# {said}" in hcl
    assert ("unattend verify-winrm does check it" in hcl) == ("authority" in said)


@pytest.mark.parametrize(
    ("communicator", "consumer", "said"),
    [
        (winrm(ntlm=True), Consumer.PACKER, "AllowUnencrypted on"),
        (winrm(ntlm=True), Consumer.ANSIBLE, "Packer will be refused"),
        (winrm(ntlm=True, ssl=True), Consumer.ANSIBLE, ""),
    ],
)
def test_what_packers_ntlm_does_is_said_where_it_matters(communicator: Winrm, consumer: Consumer, said: str) -> None:
    template = json.loads(packer.json_template(guest(communicator, bootstrap(consumer=consumer)), MEDIUM))
    reason = template.get("_winrm_use_ntlm", "")
    assert said in reason
    assert bool(reason) == bool(said)


@pytest.mark.parametrize(("ssl", "said"), [(True, "takes NTLM"), (False, "Packer will be refused")])
def test_packer_is_told_what_it_can_do_without_kerberos(said: str, *, ssl: bool) -> None:
    wanted = guest(winrm(ssl=ssl), replace(bootstrap(), kerberos=True))
    template = json.loads(packer.json_template(wanted, MEDIUM))
    assert template["builders"][0]["winrm_use_ntlm"] is True
    assert said in template["_winrm_use_ntlm"]


def test_the_root_of_the_json_holds_only_what_packer_knows_and_comments() -> None:
    roots = set(json.loads(packer.json_template(guest(winrm(ssl=True)), MEDIUM)))
    assert {name for name in roots if not name.startswith("_")} == {"variables", "sensitive-variables", "builders"}


PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")))


def read_hcl(quoted: str) -> str:
    """Read a quoted HCL2 string, refusing what begins a template. hashicorp/hcl hclsyntax/spec.md."""
    assert quoted[0] == quoted[-1] == '"'
    read, rest = "", quoted[1:-1]
    while rest:
        if escaped := re.match(r"([$%])\1\{", rest):
            read, rest = read + escaped[1] + "{", rest[3:]
        elif rest[0] == "\\":
            assert rest[1] in '\\"'
            read, rest = read + rest[1], rest[2:]
        else:
            assert not re.match(r'[$%]\{|"', rest)
            read, rest = read + rest[0], rest[1:]
    return read


@given(PRINTABLE | st.text('$%{\\"x'))
def test_any_text_survives_hcl(text: str) -> None:
    assert read_hcl(packer.hcl_string(text)) == text


@given(PRINTABLE | st.text("{}`x"))
def test_any_text_survives_packers_go_templates(text: str) -> None:
    written = packer.go_template(text)
    assert "{{" not in written.replace("{{`{{`}}", "")
    assert written.replace("{{`{{`}}", "{{") == text
