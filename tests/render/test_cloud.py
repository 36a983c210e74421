from __future__ import annotations

import base64
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.guests import CERTIFICATE, PASSWORD, bootstrap, guest, winrm
from tests.render.openssh import KEY
from tests.render.scripts import cloud_scripts, guests, mode
from tests.render.test_powershell import read_expression
from tests.render.test_powershell_bootstrap import steps_of
from toolkit.errors import ToolkitError
from toolkit.render.bootstrap import BootstrapExit, closed_script
from toolkit.render.cloud import CloudTarget, cloud_files
from toolkit.secret import Secret
from toolkit.spec.guest import Account, Guest, HostMade, NoCommunicator, OpenSsh

TARGETS = list(CloudTarget)
SCRIPTS = {
    CloudTarget.EC2: "cloud/ec2-user-data.txt",
    CloudTarget.AZURE: "cloud/azure-custom-data.ps1",
    CloudTarget.CLOUDBASE: "cloud/cloudbase-user-data.ps1",
}

each_target = pytest.mark.parametrize("target", TARGETS)


def files(wanted: Guest, target: CloudTarget) -> dict[str, str]:
    written = cloud_files(wanted, target, CERTIFICATE)
    return {file.name: file.data.decode("ascii") for file in written}


def script(wanted: Guest, target: CloudTarget) -> str:
    return files(wanted, target)[SCRIPTS[target]].replace("\r\n", "\n")


def secrets(wanted: Guest, target: CloudTarget) -> list[str]:
    """Give the passwords that the script will have, in their order."""
    if target is CloudTarget.AZURE:
        return re.findall(r"^\$env:UNATTEND_SECRET_\d+ = (.+)$", carried(wanted), re.MULTILINE)
    found = re.search(r"^\$Secrets = @\(\n(.*?)\n\)$", script(wanted, target), re.MULTILINE | re.DOTALL)
    assert found
    return [line.strip().removesuffix(",") for line in found[1].split("\n")]


def carried(wanted: Guest) -> str:
    """Decode the command that Azure's protected settings hold."""
    settings = json.loads(files(wanted, CloudTarget.AZURE)["cloud/azure-protected-settings.json"])
    assert list(settings) == ["commandToExecute"]
    run, _, encoded = settings["commandToExecute"].rpartition(" ")
    assert run == "powershell.exe -NoProfile -ExecutionPolicy Bypass -EncodedCommand"
    return base64.b64decode(encoded).decode("utf-16-le")


def with_accounts(*accounts: Account, administrator: str | None = None) -> Guest:
    password = None if administrator is None else Secret(administrator)
    return replace(guest(), accounts=accounts, administrator_password=password)


@pytest.mark.parametrize("name", cloud_scripts())
def test_the_bootstrap_is_the_mediums_with_the_accounts_after_the_closing(name: str) -> None:
    on_the_medium = closed_script(guests()[name.rpartition(", ")[0]], CERTIFICATE)
    assert on_the_medium is not None
    close, *others = [(step.name, step.code.value) for step in on_the_medium.steps]
    wanted = [close, ("accounts", BootstrapExit.ACCOUNT.value), *others]
    numbered = [(f"{number} {step}", code) for number, (step, code) in enumerate(wanted, start=1)]
    assert steps_of(cloud_scripts()[name])[1:-2] == numbered


@each_target
def test_every_exit_code_means_one_thing(target: CloudTarget) -> None:
    codes = [code for _, code in steps_of(script(mode("https basic", "7"), target)) if code]
    assert len(set(codes)) == len(codes)


def test_ec2_finds_its_tags_around_the_script_and_nowhere_in_it() -> None:
    hostile = "a</powershell><persist>true</persist><script>"
    text = script(with_accounts(Account(hostile, Secret(hostile), (hostile,), hostile, hostile)), CloudTarget.EC2)
    assert text.startswith("<powershell>\n")
    assert text.endswith("exit 0\n</powershell>\n")
    assert len(re.findall(r"</?(?:powershell|script|persist)", text)) == 2


def test_cloudbase_finds_its_interpreter_in_the_first_line() -> None:
    assert script(guest(), CloudTarget.CLOUDBASE).partition("\n")[0] == "#ps1_sysnative"


def test_ec2_leaves_out_comments_where_bytes_count_and_keeps_the_warning() -> None:
    lines = script(guest(), CloudTarget.EC2).split("\n")[1:]
    assert any("Passwords are inside" in line for line in lines[:5])
    first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    assert not [line for line in lines[first:] if line.lstrip().startswith("#")]


@each_target
def test_lines_end_as_windows_ends_them(target: CloudTarget) -> None:
    data = cloud_files(guest(), target)[0].data
    assert data.count(b"\r\n") == data.count(b"\n") > 100
    assert not data.startswith(b"\xef\xbb\xbf")


@each_target
def test_the_script_says_whether_passwords_are_inside(target: CloudTarget) -> None:
    text = script(guest(), target)
    inside = target is not CloudTarget.AZURE
    assert ("# Passwords are inside." in text) == inside
    assert ("# No password is inside:" in text) != inside
    assert (PASSWORD.reveal() in text) == inside


def test_azure_hands_the_passwords_over_where_it_encrypts_them() -> None:
    command = carried(guest(winrm(ssl=True)))
    assert "$env:UNATTEND_SECRET_0 = 'SecretPassword'" in command
    assert "$env:UNATTEND_SECRET_1 = 'Pfx-Password1'" in command
    assert command.endswith(
        "Copy-Item (Join-Path $folder 'CustomData.bin') $script -Force\n"
        "& powershell.exe -NoProfile -ExecutionPolicy Bypass -File $script\n"
        "exit $LASTEXITCODE"
    )
    named = script(guest(winrm(ssl=True)), CloudTarget.AZURE)
    assert "$Secrets = @(\n    $env:UNATTEND_SECRET_0,\n    $env:UNATTEND_SECRET_1\n)\n" in named


@each_target
def test_each_account_gets_its_own_password_and_groups_in_any_language(target: CloudTarget) -> None:
    wanted = with_accounts(
        Account("packeruser", Secret("first"), ("Administrators",)),
        Account("al'ice", Secret("second"), ("Users", "Web Team"), "Alice \u00c5", "Tests"),
        administrator="zeroth",
    )
    assert secrets(wanted, target) == ["'zeroth'", "'first'", "'second'"]
    text = script(wanted, target)
    lines = re.findall(r"^(?:Set-Account|Join-Group) .+$", text, re.MULTILINE)
    assert lines == [
        "Set-Account (Get-BuiltInAdministrator) ($Secrets[0]) '' ''",
        "Set-Account 'packeruser' ($Secrets[1]) '' ''",
        "Join-Group (Get-GroupName 'S-1-5-32-544') 'packeruser'",
        "Set-Account 'al''ice' ($Secrets[2]) ('' + 'Alice ' + [char]0x00C5) 'Tests'",
        "Join-Group (Get-GroupName 'S-1-5-32-545') 'al''ice'",
        "Join-Group 'Web Team' 'al''ice'",
    ]


@each_target
def test_the_key_travels_inside_and_its_password_is_the_last(target: CloudTarget) -> None:
    text = script(guest(winrm(ssl=True)), target)
    packed = re.search(r"\[Convert\]::FromBase64String\('([^']+)'\)", text)
    assert packed
    assert base64.b64decode(packed[1]) == CERTIFICATE.pfx
    assert "$imported.Import($data, $Secrets[1], 'MachineKeySet, PersistKeySet')" in text
    assert "$Here" not in text


@each_target
def test_a_certificate_that_is_not_shown_does_not_travel(target: CloudTarget) -> None:
    assert "FromBase64String" not in script(guest(winrm()), target)
    assert secrets(guest(winrm()), target) == ["'SecretPassword'"]


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=127),
    st.sampled_from(TARGETS),
)
def test_any_password_arrives_as_it_is(password: str, target: CloudTarget) -> None:
    (written,) = secrets(with_accounts(Account("user", Secret(password), ())), target)
    assert read_expression(written) == password


@each_target
def test_a_password_that_no_script_can_hold_is_refused_without_showing_it(target: CloudTarget) -> None:
    with pytest.raises(ToolkitError, match="the password of user cannot be written") as refused:
        files(with_accounts(Account("user", Secret("pass\nword"), ())), target)
    assert "word'" not in str(refused.value)
    assert refused.value.message.endswith("its character 5 is a line break, and the line ends of a script are its own")


@each_target
def test_where_nothing_connects_there_is_nothing_to_write(target: CloudTarget) -> None:
    with pytest.raises(ToolkitError, match="nothing for user data to open"):
        files(guest(NoCommunicator()), target)


@each_target
def test_https_needs_its_certificate(target: CloudTarget) -> None:
    with pytest.raises(ToolkitError, match="needs a certificate"):
        cloud_files(guest(winrm(ssl=True)), target)


@each_target
def test_what_needs_a_medium_is_refused(target: CloudTarget) -> None:
    with pytest.raises(ToolkitError, match=r"bootstrap\.client_certificate brings files"):
        files(guest(winrm(ssl=True), replace(bootstrap(), client_certificate=HostMade())), target)
    with pytest.raises(ToolkitError, match="package brings files"):
        files(mode("ssh zip"), target)


@pytest.mark.parametrize(
    ("target", "limit", "many"),
    [
        (CloudTarget.EC2, 16384, {"many": 60}),
        (CloudTarget.AZURE, 8191, {"many": 60}),
        (CloudTarget.CLOUDBASE, 65535, {"many": 400}),
    ],
)
def test_what_a_cloud_does_not_take_is_said_with_both_numbers(
    target: CloudTarget, limit: int, many: dict[str, int]
) -> None:
    accounts = (Account(f"user{number}", Secret("p" * 40), ("Users",)) for number in range(many["many"]))
    with pytest.raises(ToolkitError, match=rf"would hold \d+ characters, and the cloud takes {limit}"):
        files(with_accounts(*accounts), target)


def test_ec2s_limit_is_met_by_a_script_with_a_certificate_and_room_for_accounts() -> None:
    accounts = tuple(Account(f"user{number}", Secret("p" * 16), ("Users",)) for number in range(5))
    wanted = replace(guest(winrm(ssl=True)), accounts=accounts)
    data = cloud_files(wanted, CloudTarget.EC2, replace(CERTIFICATE, pfx=b"x" * 2700))[0].data
    assert len(data) < 16384


def test_ec2s_limit_is_met_by_everything_that_a_server_can_be_opened_for() -> None:
    openssh = OpenSsh(authorized_keys=(KEY,), default_shell="powershell")
    everything = replace(bootstrap(), psrp=True, also_ssh=True, openssh=openssh, allow_from=("10.0.0.0/8", "fd00::/8"))
    wanted = replace(guest(winrm(ssl=True), everything), accounts=(Account("user", Secret("p" * 16), ("Users",)),))
    data = cloud_files(wanted, CloudTarget.EC2, replace(CERTIFICATE, pfx=b"x" * 2400))[0].data
    assert len(data) < 16384
