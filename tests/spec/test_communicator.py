from __future__ import annotations

import pytest

from tests.spec.loading import NONE, SMALLEST, WINDOWS, errors, guest_of, refused, warnings
from toolkit.spec.communicator import CommunicatorSection
from toolkit.spec.guest import NoCommunicator, Ssh, Winrm

SSH = '[communicator]\ncommunicator = "ssh"\nssh_username = "packer"\nssh_password = "Passw0rd!"\n'


def winrm(options: str = "") -> Winrm:
    communicator = guest_of(SMALLEST + options).communicator
    assert isinstance(communicator, Winrm)
    return communicator


def ssh(options: str = "") -> Ssh:
    communicator = guest_of(WINDOWS + SSH + options).communicator
    assert isinstance(communicator, Ssh)
    return communicator


def test_the_defaults_are_packers() -> None:
    section = CommunicatorSection()
    assert section.communicator == "ssh"
    assert section.pause_before_connecting == "0s"
    assert (section.winrm_timeout, section.winrm_port) == ("30m", None)
    assert (section.winrm_use_ssl, section.winrm_insecure, section.winrm_use_ntlm) == (False, False, False)
    assert (section.ssh_timeout, section.ssh_port) == ("5m", 22)


def test_winrm_is_http_with_basic_on_5985_for_half_an_hour() -> None:
    connection = winrm()
    assert (connection.username, connection.password.reveal(), connection.host) == ("packer", "Passw0rd!", None)
    assert (connection.port, connection.timeout, connection.pause) == (5985, 1800, 0)
    assert (connection.ssl, connection.insecure, connection.ntlm) == (False, False, False)


def test_winrm_with_ssl_is_on_5986() -> None:
    assert winrm("winrm_use_ssl = true\n").port == 5986


@pytest.mark.parametrize("ssl", ["true", "false"])
def test_a_port_of_ones_own_stays(ssl: str) -> None:
    assert winrm(f"winrm_use_ssl = {ssl}\nwinrm_port = 8080\n").port == 8080


def test_winrm_takes_every_option_of_packers() -> None:
    connection = winrm(
        'winrm_host = "10.0.0.5"\nwinrm_timeout = "1h30m"\npause_before_connecting = "1m"\n'
        "winrm_use_ssl = true\nwinrm_insecure = true\nwinrm_use_ntlm = true\n"
    )
    assert (connection.host, connection.timeout, connection.pause) == ("10.0.0.5", 5400, 60)
    assert (connection.ssl, connection.insecure, connection.ntlm) == (True, True, True)


def test_ssh_has_packers_defaults_and_options() -> None:
    assert (ssh().port, ssh().timeout, ssh().pause, ssh().host) == (22, 300, 0, None)
    connection = ssh('ssh_host = "h"\nssh_port = 2222\nssh_timeout = "10m"\npause_before_connecting = "5s"\n')
    assert (connection.host, connection.port, connection.timeout, connection.pause) == ("h", 2222, 600, 5)


def test_none_connects_to_nothing() -> None:
    assert guest_of(WINDOWS + NONE).communicator == NoCommunicator()


def test_without_a_communicator_the_default_is_ssh_as_in_packer_and_all_it_lacks_is_said() -> None:
    assert errors(WINDOWS) == [
        "0:0 communicator.ssh_username must be given",
        "0:0 communicator.ssh_password must be given",
    ]


@pytest.mark.parametrize("kind", ["ssh", "winrm"])
def test_a_user_and_a_password_are_needed(kind: str) -> None:
    found = errors(WINDOWS + f'[communicator]\ncommunicator = "{kind}"\n')
    assert found == [
        f"3:1 communicator.{kind}_username must be given",
        f"3:1 communicator.{kind}_password must be given",
    ]


def test_options_of_another_communicator_are_each_an_error_at_their_place() -> None:
    problems = refused(SMALLEST + 'ssh_host = "x"\nssh_port = 22\n')
    assert [problem.place.line for problem in problems] == [7, 8]
    assert problems[0].message == 'communicator.ssh_host does nothing while communicator is "winrm"'
    assert problems[0].help == 'Write communicator = "ssh" in [communicator], or remove the option.'


def test_a_forgotten_first_line_is_recognised() -> None:
    problems = refused(SMALLEST.replace('communicator = "winrm"\n', ""))
    assert [problem.message for problem in problems] == [
        'communicator.winrm_username does nothing while communicator is "ssh" (the default, as in Packer)',
        'communicator.winrm_password does nothing while communicator is "ssh" (the default, as in Packer)',
    ]
    assert 'communicator = "winrm"' in str(problems[0].help)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("docker", "docker exec and docker cp"),
        ("dockerWindowsContainer", "docker exec and docker cp"),
        ("ssm", "SSM agent"),
        ("aws-ssm", "SSM agent"),
        ("lxc", "lxc-attach"),
        ("lxd", "lxc exec"),
        ("chroot", "mounted Linux file system"),
        ("vmware-tools", "VMware Tools"),
    ],
)
def test_a_builders_own_communicator_is_refused_with_the_reason(kind: str, reason: str) -> None:
    [problem] = refused(WINDOWS + f'[communicator]\ncommunicator = "{kind}"\n')
    assert f'communicator "{kind}" cannot reach a Windows guest that Setup installs' in problem.message
    assert reason in problem.message
    assert problem.help == 'Use "winrm" or "ssh", or "none".'
    assert str(problem.place) == "<stdin>:4:1"


def test_an_unknown_communicator_is_one_error_and_its_options_are_none() -> None:
    [problem] = refused(SMALLEST.replace('"winrm"', '"wirnm"'))
    assert problem.message == 'communicator "wirnm" is not known'
    assert problem.help == 'did you mean "winrm"? Known: "none", "ssh", "winrm", "docker".'


@pytest.mark.parametrize("name", ["a/b", "x" * 21, "guest", "SYSTEM", "CORP\\\\ann", "ann@example.com", "a."])
@pytest.mark.parametrize("base", [SMALLEST, WINDOWS + SSH])
def test_a_user_that_windows_would_not_take_is_refused(base: str, name: str) -> None:
    [problem] = refused(base.replace('"packer"', f'"{name}"'))
    assert problem.place.line == 5


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_is_between_1_and_65535(port: str) -> None:
    [found] = errors(SMALLEST + f"winrm_port = {port}\n")
    assert found.startswith(f"7:1 communicator.winrm_port is {port}: ")


def test_insecure_without_ssl_is_pointed_out() -> None:
    assert warnings(SMALLEST + "winrm_insecure = true\n") == [
        "communicator.winrm_insecure means nothing without winrm_use_ssl"
    ]
    assert warnings(SMALLEST + "winrm_insecure = true\nwinrm_use_ssl = true\n") == []
