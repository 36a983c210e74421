from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.render.guests import CERTIFICATE, QUOTAS, THUMBPRINT, bootstrap, guest, ssh, winrm
from tests.render.modes import distinct
from toolkit.errors import ToolkitError
from toolkit.render.bootstrap import (
    BootstrapExit,
    HostCertificate,
    bootstrap_files,
    first_logon_command,
    hold_command,
    script_name,
)
from toolkit.secret import Secret
from toolkit.spec.guest import Consumer, Find, Guest, NoCommunicator, Style

CLOSED = distinct()
PLAIN = {
    "basic": guest(winrm(), bootstrap(Style.PLAIN)),
    "ntlm": guest(winrm(ntlm=True), bootstrap(Style.PLAIN)),
}

each_closed = pytest.mark.parametrize("wanted", CLOSED.values(), ids=CLOSED)
each_script = pytest.mark.parametrize("wanted", [*CLOSED.values(), *PLAIN.values()], ids=[*CLOSED, *PLAIN])


def script(wanted: Guest) -> list[str]:
    return bootstrap_files(wanted, CERTIFICATE)[0].data.decode("ascii").split("\r\n")


def commands(wanted: Guest) -> list[str]:
    """The lines that do something: no remarks, no labels, no bookkeeping."""
    own = (
        "rem ",
        ":",
        "set ",
        "setlocal ",
        "if ",
        "echo ",
        "goto ",
        "exit ",
        "@",
        "del ",
        "call ",
        "find ",
        "ping ",
        ">",
    )
    return [line for line in script(wanted) if line and not line.startswith(own)]


@each_script
def test_a_script_is_ascii_with_windows_line_ends(wanted: Guest) -> None:
    data = bootstrap_files(wanted, CERTIFICATE)[0].data
    assert data.isascii()
    assert data.endswith(b"\r\n")
    assert not data.replace(b"\r\n", b"").count(b"\n")
    assert not re.search(rb"\{\{|\}\}$|\{%|%\}|\{#", data.replace(b"}}", b""))


@each_script
def test_winrm_is_never_called_by_its_bare_name(wanted: Guest) -> None:
    assert not [line for line in script(wanted) if re.match(r"winrm\b", line)]


@each_script
def test_nothing_depends_on_what_command_processors_disagree_about(wanted: Guest) -> None:
    code = [line for line in script(wanted) if not line.startswith(("rem ", "echo "))]
    unquoted = [re.sub(r'\^.|"[^"]*"', "", line) for line in code]
    assert not [line for line in unquoted if "&&" in line or "|" in line]


@each_script
def test_remarks_hold_nothing_that_cmd_would_act_on(wanted: Guest) -> None:
    assert not [line for line in script(wanted) if line.startswith("rem ") and set(line) & set("%^<>|&")]


@each_script
def test_no_line_is_longer_than_cmd_takes(wanted: Guest) -> None:
    assert (
        max(len(line) for file in bootstrap_files(wanted, CERTIFICATE)[:2] for line in file.data.split(b"\r\n")) < 8191
    )


@each_closed
def test_every_label_is_unique_and_every_goto_arrives(wanted: Guest) -> None:
    lines = script(wanted)
    labels = [line[1:] for line in lines if line.startswith(":")]
    targets = {found.group(1) for line in lines if (found := re.search(r"\bgoto (\w+)$", line))}
    assert len(labels) == len(set(labels))
    assert targets <= set(labels)


@each_closed
def test_the_hold_comes_before_everything_and_goes_after_everything(wanted: Guest) -> None:
    acts = [line for line in commands(wanted) if not line.startswith(("fsutil", "reg query", '"%SystemRoot%'))]
    assert re.match(r"netsh .* add rule name=unattend-(winrm|ssh)-hold dir=in action=block ", acts[0])
    assert re.match(r"netsh .* delete rule name=unattend-(winrm|ssh)-hold$", acts[-1])
    assert re.match(r"netsh .* add rule name=unattend-(winrm|ssh)-allow dir=in action=allow ", acts[-2])
    held = set(re.findall(r"localport=(\S+)", acts[0])[0].split(","))
    assert {port for act in acts for port in re.findall(r"action=allow .*localport=(\d+)", act)} <= held
    assert sum("-hold" in line for line in acts) == 2


@each_closed
def test_the_marker_is_written_before_the_guest_opens(wanted: Guest) -> None:
    lines = script(wanted)
    (written,) = (number for number, line in enumerate(lines) if line.startswith('>"%READY%"'))
    (opened,) = (number for number, line in enumerate(lines) if re.search("delete rule name=unattend-.*-hold", line))
    assert written < opened


@each_closed
def test_every_step_has_an_exit_code_of_its_own(wanted: Guest) -> None:
    codes = [int(found) for line in script(wanted) for found in re.findall(r'^set "CODE=(\d+)"$', line) if found != "0"]
    assert len(codes) == len(set(codes))
    assert set(codes) <= set(BootstrapExit)


@pytest.mark.parametrize(
    ("ssl", "ntlm", "consumer", "unencrypted"),
    [
        (False, False, Consumer.PACKER, True),
        (False, False, Consumer.ANSIBLE, True),
        (False, False, Consumer.VAGRANT, True),
        (False, False, Consumer.ANY, True),
        (False, True, Consumer.PACKER, True),
        (False, True, Consumer.ANY, True),
        (False, True, Consumer.ANSIBLE, False),
        (False, True, Consumer.VAGRANT, False),
        *((True, ntlm, consumer, False) for ntlm in (False, True) for consumer in Consumer),
    ],
)
def test_messages_may_be_unencrypted_only_where_the_client_could_not_connect_otherwise(
    *, ssl: bool, ntlm: bool, consumer: Consumer, unencrypted: bool
) -> None:
    lines = "".join(commands(guest(winrm(ssl=ssl, ntlm=ntlm), bootstrap(consumer=consumer))))
    assert f"'Service\\AllowUnencrypted={str(unencrypted).lower()}'" in lines


@pytest.mark.parametrize(("ntlm", "basic"), [(False, "true"), (True, "false")])
def test_every_authentication_method_is_set_and_basic_only_where_it_is_used(*, ntlm: bool, basic: str) -> None:
    methods = {"Basic": basic, "Kerberos": "true", "Negotiate": "true", "Certificate": "false", "CredSSP": "false"}
    wanted = ",".join(f"'Service\\Auth\\{name}={value}'" for name, value in methods.items())
    assert f"{wanted})" in "".join(commands(guest(winrm(ntlm=ntlm))))


def test_the_script_says_why_packer_needs_messages_in_the_clear() -> None:
    remarks = "\n".join(script(guest(winrm(ntlm=True))))
    assert "hashicorp/packer#6205" in remarks
    assert "bootstrap.consumer" in remarks


def test_quotas_are_those_of_the_spec() -> None:
    quotas = replace(QUOTAS, max_timeout_ms=7_200_000, max_envelope_kb=1024, max_memory_per_shell_mb=4096)
    lines = "".join(commands(guest(settings=bootstrap(quotas=quotas))))
    assert "'MaxEnvelopeSizekb=1024','MaxTimeoutms=7200000','Shell\\MaxMemoryPerShellMB=4096'" in lines


def test_the_firewall_lets_in_whom_the_spec_allows() -> None:
    lines = commands(guest(settings=bootstrap(allow_from=("10.0.0.0/8", "fd00::/8"))))
    assert lines[-2].endswith(" localport=5985 profile=any remoteip=10.0.0.0/8,fd00::/8")
    assert commands(guest())[-2].endswith(" remoteip=any")


def test_an_address_cannot_smuggle_in_a_command() -> None:
    lines = commands(guest(settings=bootstrap(allow_from=("10.0.0.1 & format c:",))))
    assert lines[-2].endswith(' "remoteip=10.0.0.1 & format c:"')


def test_a_line_that_cmd_cannot_take_is_refused() -> None:
    crowd = tuple(f"10.{number // 250}.{number % 250}.1" for number in range(1000))
    with pytest.raises(ToolkitError, match=r"cmd\.exe takes 8191") as refused:
        bootstrap_files(guest(settings=bootstrap(allow_from=crowd)))
    assert "allow_from" in str(refused.value.help)


def test_a_port_of_ones_own_is_held_listened_on_and_opened() -> None:
    lines = commands(guest(winrm(port=8080)))
    assert any("action=block" in line and "localport=5985,5986,8080 " in line for line in lines)
    listener = "winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTP'} -ValueSet @{Port = '8080'}"
    assert any(f"New-WSManInstance {listener}" in line and f"Set-WSManInstance {listener}" in line for line in lines)
    assert "localport=8080 " in lines[-2]


def test_an_https_port_of_ones_own_is_part_of_the_listener() -> None:
    lines = commands(guest(winrm(ssl=True, port=8443)))
    assert any(f"; CertificateThumbprint = '{THUMBPRINT}'; Port = '8443'}}" in line for line in lines)


def test_https_brings_its_key_and_the_password_in_files_of_their_own() -> None:
    files = {file.name: file.data for file in bootstrap_files(guest(winrm(ssl=True)), CERTIFICATE)}
    assert list(files) == ["winrmConfig.bat", "winrmClose.bat", "winrm.pfx", "winrm.pfx.txt"]
    assert files["winrm.pfx"] == b"the pfx"
    assert files["winrm.pfx.txt"] == b"Pfx-Password1\r\n"
    assert b"Pfx-Password1" not in files["winrmConfig.bat"]


def test_http_brings_no_key_even_where_a_certificate_is_at_hand() -> None:
    assert [file.name for file in bootstrap_files(guest(), CERTIFICATE)] == ["winrmConfig.bat", "winrmClose.bat"]


def test_https_without_a_certificate_is_refused() -> None:
    with pytest.raises(ToolkitError, match="winrm_use_ssl needs a certificate"):
        bootstrap_files(guest(winrm(ssl=True)))


@pytest.mark.parametrize(
    "changed",
    [
        replace(CERTIFICATE, thumbprint=THUMBPRINT.lower()),
        replace(CERTIFICATE, thumbprint="AB"),
        replace(CERTIFICATE, host_name='x";Port="1'),
        replace(CERTIFICATE, pfx_password=Secret('secret"%x')),
        replace(CERTIFICATE, pfx_password=Secret("")),
    ],
)
def test_a_certificate_that_would_break_the_script_is_refused_without_its_password(changed: HostCertificate) -> None:
    with pytest.raises(ToolkitError, match="the certificate's") as refused:
        bootstrap_files(guest(winrm(ssl=True)), changed)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize("name", ["*.example.com", "My Server"])
def test_a_certificate_whose_common_name_no_listener_can_bear_is_refused_with_the_name(name: str) -> None:
    with pytest.raises(ToolkitError, match=re.escape(f"common name, '{name}', is no host name")) as refused:
        bootstrap_files(guest(winrm(ssl=True)), replace(CERTIFICATE, host_name=name))
    assert "CN=win.example.com" in (refused.value.help or "")


def test_a_certificate_prints_neither_key_nor_password() -> None:
    assert "the pfx" not in repr(CERTIFICATE)
    assert "Pfx-Password1" not in repr(CERTIFICATE)


def test_the_plain_script_is_the_list_of_packers_documentation() -> None:
    assert commands(PLAIN["basic"]) == [
        "cmd.exe /c winrm quickconfig -q",
        'cmd.exe /c winrm set winrm/config/service @{AllowUnencrypted="true"}',
        'cmd.exe /c winrm set winrm/config/service/auth @{Basic="true"}',
        'cmd.exe /c netsh advfirewall firewall set rule group="remote administration" new enable=yes',
        "cmd.exe /c net stop winrm",
        "cmd.exe /c net start winrm",
    ]


def test_the_plain_script_leaves_basic_out_for_ntlm() -> None:
    assert commands(PLAIN["ntlm"]) == [line for line in commands(PLAIN["basic"]) if "Basic" not in line]


def test_the_plain_script_leaves_messages_encrypted_where_the_client_encrypts() -> None:
    sealed = guest(winrm(ntlm=True), bootstrap(Style.PLAIN, consumer=Consumer.ANSIBLE))
    assert not [line for line in commands(sealed) if "AllowUnencrypted" in line]


@pytest.mark.parametrize(
    "wanted",
    [
        guest(winrm(ssl=True), bootstrap(Style.PLAIN)),
        guest(winrm(port=8080), bootstrap(Style.PLAIN)),
        guest(winrm(), bootstrap(Style.PLAIN, allow_from=("10.0.0.1",))),
        guest(ssh(), bootstrap(Style.PLAIN)),
    ],
    ids=["https", "port", "allow_from", "ssh"],
)
def test_the_plain_script_refuses_what_it_would_otherwise_ignore(wanted: Guest) -> None:
    with pytest.raises(ToolkitError, match="the plain bootstrap cannot") as refused:
        bootstrap_files(wanted, CERTIFICATE)
    assert "closed" in str(refused.value.help)


def test_nothing_is_written_where_nothing_connects() -> None:
    alone = guest(NoCommunicator())
    assert bootstrap_files(alone) == ()
    assert script_name(alone) is None
    assert first_logon_command(alone) is None
    assert hold_command(alone) is None


@each_script
def test_the_commands_name_the_script_and_fit_the_answer_file(wanted: Guest) -> None:
    name = bootstrap_files(wanted, CERTIFICATE)[0].name
    first_logon, hold = first_logon_command(wanted), hold_command(wanted)
    assert script_name(wanted) == name
    assert first_logon is not None
    assert name in first_logon
    assert len(first_logon) <= 1024
    assert "%%" not in first_logon
    assert hold is None or len(hold) <= 259


def test_the_floppy_is_addressed_as_packers_documentation_does() -> None:
    assert first_logon_command(guest(settings=bootstrap(find=Find.FLOPPY))) == r"cmd.exe /c a:\winrmConfig.bat"


def test_the_hold_of_the_specialize_pass_is_the_rule_that_the_script_takes_away() -> None:
    assert hold_command(guest()) == (
        'cmd.exe /d /c "netsh advfirewall firewall add rule name=unattend-winrm-hold'
        ' dir=in action=block protocol=TCP localport=5985,5986 & exit /b 0"'
    )
    assert commands(guest())[-1] == "netsh advfirewall firewall delete rule name=unattend-winrm-hold"


def test_ssh_is_held_on_its_default_port_too() -> None:
    hold = hold_command(guest(ssh(port=2222)))
    assert hold is not None
    assert "localport=22,2222 " in hold


def test_the_plain_style_holds_nothing() -> None:
    assert hold_command(PLAIN["basic"]) is None


def test_the_same_guest_gives_the_same_bytes() -> None:
    assert bootstrap_files(guest()) == bootstrap_files(guest())
