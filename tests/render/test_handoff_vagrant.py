from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.guests import bootstrap, guest, ssh, winrm
from toolkit.render.handoff.vagrant import ruby_string, vagrantfile
from toolkit.secret import Secret
from toolkit.spec.guest import Bootstrap, GuestMade, OpenSsh, OwnPfx, Ssh, Winrm

# hashicorp/vagrant plugins/communicators/winrm/config.rb, winssh/config.rb, plugins/kernel_v2/config/*.rb
KNOWN = {
    *("vm.guest", "vm.communicator"),
    *(
        f"winrm.{name}"
        for name in (
            *("username", "password", "host", "port", "guest_port", "max_tries", "retry_delay", "timeout", "transport"),
            *("ssl_peer_verification", "execution_time_limit", "basic_auth_only", "codepage"),
        )
    ),
    *("ssh.username", "ssh.password", "ssh.host", "ssh.guest_port", "winssh.shell"),
}


def settings_of(communicator: Winrm | Ssh, settings: Bootstrap | None = None) -> dict[str, str]:
    text = vagrantfile(guest(communicator, settings), communicator)
    body = text.partition('Vagrant.configure("2") do |config|\n')[2]
    assert body.endswith("\nend\n")
    lines = [line for line in body.removesuffix("end\n").splitlines() if not line.lstrip().startswith("#")]
    written = {}
    for line in lines:
        setting = re.fullmatch(r"  config\.([a-z_.]+) = (.+)", line)
        assert setting, line
        written[setting[1]] = setting[2]
    assert set(written) <= KNOWN
    return written


@pytest.mark.parametrize(
    ("communicator", "transport", "basic", "verified"),
    [
        (winrm(), ":plaintext", "true", None),
        (winrm(ntlm=True), ":negotiate", None, None),
        (winrm(ssl=True), ":ssl", "true", "false"),
        (winrm(ssl=True, ntlm=True), ":ssl", None, "false"),
    ],
    ids=str,
)
def test_the_transport_is_the_communicators(
    communicator: Winrm, transport: str, basic: str | None, verified: str | None
) -> None:
    written = settings_of(communicator)
    assert written["vm.guest"] == ":windows"
    assert written["vm.communicator"] == '"winrm"'
    assert written["winrm.transport"] == transport
    assert written.get("winrm.basic_auth_only") == basic
    assert written.get("winrm.ssl_peer_verification") == verified


def test_kerberos_is_negotiated() -> None:
    written = settings_of(winrm(), replace(bootstrap(), kerberos=True))
    assert written["winrm.transport"] == ":negotiate"
    assert "winrm.basic_auth_only" not in written


def test_a_certificate_of_the_users_is_checked() -> None:
    own = replace(bootstrap(), certificate=OwnPfx("own.pfx", b"", Secret("x")))
    assert "winrm.ssl_peer_verification" not in settings_of(winrm(ssl=True), own)


def test_only_what_differs_from_the_defaults_of_the_transport_is_said() -> None:
    assert "winrm.guest_port" not in settings_of(winrm(ssl=True))
    assert settings_of(winrm(port=8080))["winrm.guest_port"] == "8080"
    assert "winrm.host" not in settings_of(winrm())
    assert settings_of(replace(winrm(), host="10.0.0.5"))["winrm.host"] == "'10.0.0.5'"


def test_a_certificate_that_the_guest_makes_is_said_to_be_known_to_nobody() -> None:
    text = vagrantfile(guest(winrm(ssl=True), replace(bootstrap(), certificate=GuestMade())), winrm(ssl=True))
    assert "# The guest makes its certificate itself" in text
    assert "verify-winrm" not in text


@pytest.mark.parametrize("shell", [r"C:\Program Files\PowerShell\7\pwsh.exe", "powershell"])
def test_every_powershell_is_one_to_vagrant(shell: str) -> None:
    settings = replace(bootstrap(), openssh=OpenSsh(default_shell=shell))
    assert settings_of(ssh(), settings)["winssh.shell"] == '"powershell"'


def test_ssh_on_windows_has_a_communicator_of_its_own() -> None:
    powershell = replace(bootstrap(), openssh=OpenSsh(default_shell="powershell"))
    assert settings_of(ssh(port=2222), powershell) == {
        "vm.guest": ":windows",
        "vm.communicator": '"winssh"',
        "ssh.username": "'packeruser'",
        "ssh.password": 'ENV["UNATTEND_WINRM_PASSWORD"]',
        "ssh.guest_port": "2222",
        "winssh.shell": '"powershell"',
    }


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("\\'#{}\""))
def test_any_text_survives_ruby(text: str) -> None:
    """In single quotes Ruby knows a backslash before a backslash or the quote, and nothing else."""
    quoted = ruby_string(text)
    assert quoted[0] == quoted[-1] == "'"
    assert re.fullmatch(r"(?:[^'\\]|\\[\\'])*", quoted[1:-1])
    assert re.sub(r"\\(.)", r"\1", quoted[1:-1]) == text
